using DistTrain.Learning;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.Tests.Storage;

public sealed class AtomicFileTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-").FullName;

    private string FilePath => Path.Combine(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void The_new_content_replaces_the_old_and_nothing_else_is_left()
    {
        AtomicFile.Write(FilePath, stream => stream.Write("old and long"u8));
        AtomicFile.Write(FilePath, stream => stream.Write("new"u8));
        Assert.Equal("new", File.ReadAllText(FilePath));
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void The_old_content_is_there_until_the_new_is_whole()
    {
        AtomicFile.Write(FilePath, stream => stream.Write("old"u8));
        AtomicFile.Write(FilePath, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", File.ReadAllText(FilePath));
        });
        Assert.Equal("new", File.ReadAllText(FilePath));
    }

    [Fact]
    public void A_failure_while_writing_leaves_the_old_content_and_no_remains()
    {
        AtomicFile.Write(FilePath, stream => stream.Write("old"u8));
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(FilePath, stream =>
        {
            stream.Write("half"u8);
            throw new InvalidOperationException();
        }));
        var refusal = Assert.Throws<InvalidInputException>(() => AtomicFile.Write(FilePath, _ => throw new IOException("No space left on device")));
        Assert.Contains("No space left on device", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("old", File.ReadAllText(FilePath));
        Assert.Equal([FilePath], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void A_place_that_cannot_be_written_to_is_refused()
    {
        AtomicFile.Write(FilePath, stream => stream.Write("a file"u8));
        foreach (var path in new[] { folder, Path.Combine(folder, "nowhere", "file"), Path.Combine(FilePath, "below") })
        {
            var message = Assert.Throws<InvalidInputException>(() => AtomicFile.Write(path, stream => stream.Write("x"u8))).Message;
            Assert.StartsWith($"Cannot write {path}", message, StringComparison.Ordinal);
        }

        Assert.Equal([FilePath], Directory.GetFileSystemEntries(folder));
    }
}
