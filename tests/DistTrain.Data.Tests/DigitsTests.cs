using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class DigitsTests
{
    [Fact]
    public void All_samples_are_there_with_the_published_number_of_each_digit()
    {
        var data = DataSetLoader.Load("digits", new DataSetOptions());
        Assert.Equal((1438, 359), (data.Train.Count, data.Test.Count));
        Assert.Equal(new TensorShape(8, 8, 1), data.Train.SampleShape);
        Assert.Equal(["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"], data.ClassNames.ToArray());

        var counts = new int[10];
        foreach (var part in new[] { data.Train, data.Test })
        {
            foreach (var label in ((ClassLabels)part.Targets).Labels.ToArray())
            {
                counts[label]++;
            }
        }

        // The class distribution in the collection's own description of its test part.
        Assert.Equal([178, 182, 177, 183, 181, 182, 181, 179, 174, 180], counts);
    }

    [Fact]
    public void Pixels_are_scaled_from_16_to_1()
    {
        var scaled = DataSetLoader.Load("digits", new DataSetOptions());
        var raw = DataSetLoader.Load("digits?scaling=none", new DataSetOptions());
        Assert.Equal(16, raw.Train.Inputs.ToArray().Max());
        Assert.Equal(raw.Train.Inputs.ToArray().Select(value => value / 16), scaled.Train.Inputs.ToArray());
        Assert.Equal([0, 0, 5, 13, 9, 1, 0, 0], FirstSampleOf(raw).AsSpan(0, 8).ToArray());
    }

    [Fact]
    public void The_authors_are_credited_and_the_content_is_pinned()
    {
        var data = DataSetLoader.Load("digits", new DataSetOptions { Seed = 5 });
        Assert.Contains("E. Alpaydin and C. Kaynak", data.Description, StringComparison.Ordinal);
        Assert.Contains("CC BY 4.0", data.Description, StringComparison.Ordinal);
        Assert.Equal("sha256:43ff456665063d3f1faf87069b34243f64140b6af45c01ef08da2856ce0887b3", data.ContentHash);
    }

    // The collection's first image is a zero; whichever part it went to, the part keeps the original order.
    private static float[] FirstSampleOf(DataSet data)
    {
        float[] beginning = [0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15];
        var test = data.Test.Input(0);
        return (test[..beginning.Length].SequenceEqual(beginning) ? test : data.Train.Input(0)).ToArray();
    }
}
