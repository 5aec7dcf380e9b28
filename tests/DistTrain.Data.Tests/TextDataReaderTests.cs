using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class TextDataReaderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_step_is_labelled_with_the_character_behind_it(bool gzip)
    {
        using var folder = new TemporaryFolder();
        var content = Encoding.UTF8.GetBytes("abcä😀ba\nc");
        var raw = TextDataReader.Read(new TextSource(folder.Write("a.txt", gzip ? TemporaryFolder.Gzip(content) : content), 4), null, new DataLimits());
        var labels = (ClassLabels)raw.Train.Targets;
        Assert.Equal("\n|a|b|c|ä|😀", string.Join('|', labels.ClassNames));
        Assert.Equal([1, 2, 3, 4, 5, 2, 1, 0], raw.Train.Inputs);
        Assert.Equal([2, 3, 4, 5, 2, 1, 0, 3], labels.Labels.ToArray());
        Assert.Equal((2, 4), (labels.Count, labels.LabelsPerSample));
        Assert.Equal(new TensorShape(4), raw.SampleShape);
    }

    [Fact]
    public void Bytes_are_their_own_numbers()
    {
        using var folder = new TemporaryFolder();
        var raw = TextDataReader.Read(new TextSource(folder.Write("a.bin", [255, 0, 7, 128]), 1, TextTokens.Bytes), null, new DataLimits());
        Assert.Equal([255, 0, 7], raw.Train.Inputs);
        Assert.Equal([0, 7, 128], ((ClassLabels)raw.Train.Targets).Labels.ToArray());
        Assert.Equal(256, ((ClassLabels)raw.Train.Targets).ClassNames.Length);
    }

    [Fact]
    public void Text_is_split_by_samples_and_numbered_for_a_model_as_its_training_text_was()
    {
        using var folder = new TemporaryFolder();
        var training = DataSetLoader.Load($"text:{folder.Write("a.txt", "abcdefghijabcdefghijabcdefghij!")}?steps=5", new DataSetOptions { TestRatio = 0.5 });
        Assert.Equal((3, 3), (training.Train.Count, training.Test.Count));
        Assert.Equal(15, ((ClassLabels)training.Test.Targets).Labels.Length);
        Assert.Equal(ScalingKind.None, training.Preprocessing.Scaling.Kind);

        var other = DataSetLoader.LoadForModel(new TextSource(folder.Write("b.txt", "jihgfe"), 5), training.Preprocessing, new DataSetOptions());
        Assert.Equal([10, 9, 8, 7, 6], other.Samples.Inputs.ToArray());
        Assert.Equal([9, 8, 7, 6, 5], ((ClassLabels)other.Samples.Targets).Labels.ToArray());
        var refusal = Assert.Throws<InvalidInputException>(() => DataSetLoader.LoadForModel(new TextSource(folder.Write("c.txt", "abcdeé"), 5), training.Preprocessing, new DataSetOptions()));
        Assert.Contains("its character 6, U+00E9, is none of the 11", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_text_or_too_little_is_refused()
    {
        using var folder = new TemporaryFolder();
        AssertRefused("byte 2 begins no character", [97, 0xff, 98]);
        AssertRefused("byte 2 begins no character", [97, 0xe2, 0x82]);
        AssertRefused("has 3 tokens, too few", "abc"u8.ToArray());
        AssertRefused("has 0 tokens, too few", []);
        AssertRefused("scaling would make meaningless", "abcdefg"u8.ToArray(), "&scaling=unit");
        AssertRefused("too few for a training and a test part", "abcd"u8.ToArray());

        void AssertRefused(string reason, byte[] content, string options = "") =>
            Assert.Contains(
                reason,
                Assert.Throws<InvalidInputException>(() => DataSetLoader.Load($"text:{folder.Write("a.txt", content)}?steps=3{options}", new DataSetOptions())).Message,
                StringComparison.Ordinal);
    }
}
