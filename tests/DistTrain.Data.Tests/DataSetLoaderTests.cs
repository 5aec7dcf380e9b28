using DistTrain.Learning;

namespace DistTrain.Data.Tests;

/// <summary>Samples for a model that exists already; loading for training is tested with each kind of source.</summary>
public class DataSetLoaderTests
{
    private const string Training = "1,x\n2,y\n3,z\n4,x\n5,y\n";

    [Fact]
    public void Samples_for_a_model_are_scaled_and_numbered_as_its_training_samples_were()
    {
        using var folder = new TemporaryFolder();
        var training = DataSetLoader.Load($"csv:{folder.Write("a.csv", Training)}", new DataSetOptions());
        var scaling = training.Preprocessing.Scaling;

        // Alone, this file would number z as 0 and y as... nothing: it has only one class, and its mean is 10.
        var input = ForModel(folder.Write("b.csv", "10,z\n10,z\n"), "", training);
        Assert.Equal([2, 2], ((ClassLabels)input.Samples.Targets).Labels.ToArray());
        Assert.Equal((float)((10 - scaling.Offsets[0]) / scaling.Divisors[0]), input.Samples.Inputs.Span[0]);
        Assert.Equal(training.ClassNames, ((ClassLabels)input.Samples.Targets).ClassNames);
    }

    [Fact]
    public void The_sources_own_test_part_is_used_where_there_is_one()
    {
        using var folder = new TemporaryFolder();
        IdxBytes.WriteMnist(folder);
        var training = DataSetLoader.Load($"mnist:{folder.Path}", new DataSetOptions());
        var input = DataSetLoader.LoadForModel(training.Source, training.Preprocessing, new DataSetOptions());
        Assert.Equal(training.Test.Inputs.ToArray(), input.Samples.Inputs.ToArray());
        Assert.Equal(training.ContentHash, input.ContentHash);
    }

    [Fact]
    public void Samples_without_labels_are_taken()
    {
        using var folder = new TemporaryFolder();
        var training = DataSetLoader.Load($"csv:{folder.Write("a.csv", Training)}", new DataSetOptions());
        Assert.Equal(new Unlabelled(3), ForModel(folder.Write("b.csv", "1\n2\n3\n"), "?label=none", training).Samples.Targets);
    }

    [Fact]
    public void Samples_that_do_not_fit_the_model_are_refused()
    {
        using var folder = new TemporaryFolder();
        var classes = DataSetLoader.Load($"csv:{folder.Write("a.csv", Training)}", new DataSetOptions());
        var values = DataSetLoader.Load($"csv:{folder.Write("v.csv", "1,2\n2,3\n3,4\n")}?task=regression", new DataSetOptions());
        AssertRefused("1,2,x\n", "", classes, "samples of shape [2] but the model takes [1]");
        AssertRefused("1,x\n1,w\n", "", classes, "label 'w' of sample 1 is none of the model's 3 classes");
        AssertRefused("1,2\n", "?task=regression", classes, "the model tells classes apart");
        AssertRefused("1,2\n", "", values, "the model estimates values");

        void AssertRefused(string text, string options, DataSet training, string reason) =>
            Assert.Contains(reason, Assert.Throws<InvalidInputException>(() => ForModel(folder.Write("b.csv", text), options, training)).Message, StringComparison.Ordinal);
    }

    private static ModelInput ForModel(string path, string options, DataSet training) =>
        DataSetLoader.LoadForModel(DataSource.Parse($"csv:{path}{options}"), training.Preprocessing, new DataSetOptions());

    [Fact]
    public void The_three_parts_are_disjoint_make_up_the_data_and_leave_the_test_part_as_it_is_without_validation()
    {
        var two = DataSetLoader.Load("digits", new DataSetOptions { Seed = 3, TestRatio = 0.25 });
        var three = DataSetLoader.Load("digits", new DataSetOptions { Seed = 3, TestRatio = 0.25, ValidationRatio = 0.1 });
        Assert.Null(two.Validation);
        Assert.Equal(Rows(two.Test), Rows(three.Test));
        Assert.Equal(135, three.Validation!.Count);
        Assert.Equal(Rows(two.Train).Order(StringComparer.Ordinal), Rows(three.Train).Concat(Rows(three.Validation)).Order(StringComparer.Ordinal));
        Assert.Equal(two.ContentHash, three.ContentHash);
    }

    [Fact]
    public void The_seed_decides_which_samples_are_for_validation()
    {
        string[] Validation(ulong seed) => [.. Rows(DataSetLoader.Load("digits", new DataSetOptions { Seed = seed, TestRatio = 0.25, ValidationRatio = 0.1 }).Validation!)];
        Assert.Equal(Validation(1), Validation(1));
        Assert.NotEqual(Validation(1), Validation(2));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-0.1)]
    [InlineData(double.NaN)]
    public void A_validation_ratio_that_is_not_possible_is_refused(double ratio) =>
        Assert.Throws<InvalidInputException>(() => DataSetLoader.Load("digits", new DataSetOptions { ValidationRatio = ratio }));

    /// <summary>Each sample as a text, to be held to others as a set.</summary>
    private static IEnumerable<string> Rows(SampleSet samples) =>
        Enumerable.Range(0, samples.Count).Select(i => $"{string.Join(' ', samples.Input(i).ToArray())}: {((ClassLabels)samples.Targets).Labels.Span[i]}");
}
