using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class InputFileTests
{
    [Fact]
    public void What_is_not_a_readable_file_is_refused_in_one_sentence()
    {
        using var folder = new TemporaryFolder();
        AssertRefused(folder.File("nowhere.csv"), "nowhere.csv does not exist.");
        AssertRefused(folder.File("no/where.csv"), "where.csv does not exist.");
        AssertRefused(folder.Path, "is a folder where a file is needed.");
        AssertRefused("a\0b", "cannot be read");
        AssertRefused("", "cannot be read");
    }

    [Fact]
    public void A_file_that_the_system_refuses_is_refused_with_its_reason()
    {
        using var folder = new TemporaryFolder();
        var path = folder.Write("x.csv", "1,2\n");
        using var locked = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
        AssertRefused(path, "cannot be read: ");
    }

    private static void AssertRefused(string path, string reason)
    {
        var message = Assert.Throws<InvalidInputException>(() => DataSetLoader.Load(new CsvSource(path), new DataSetOptions())).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }
}
