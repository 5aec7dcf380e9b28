using System.Text;
using DistTrain.Runtime.Storage;
using DistTrain.Simulation;

namespace DistTrain.Runtime.Tests.Storage;

/// <summary>What the real storage and the simulated one promise alike.</summary>
public sealed class StorageTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-storage-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_appended_is_read(bool isReal)
    {
        var storage = Create(isReal);
        storage.MakeFolder("a/b");
        storage.MakeFolder("a/b");
        Assert.True(storage.TryCreate("a/b/c"));
        Assert.False(storage.TryCreate("a/b/c"));
        Assert.False(storage.TryCreate("a/b"));
        storage.Append("a/b/c", "one"u8);
        storage.Append("a/b/c", ""u8);
        storage.Append("a/b/c", "two"u8);
        storage.FlushFile("a/b/c");
        storage.FlushFolder("a/b");
        storage.FlushFolder("");
        Assert.Equal("onetwo", Read(storage, "a/b/c"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_rename_replaces_the_file_of_that_name(bool isReal)
    {
        var storage = Create(isReal);
        Write(storage, "old", "1");
        Write(storage, "new", "2");
        storage.Rename("new", "old");
        Assert.Equal("2", Read(storage, "old"));
        Assert.Equal(["old"], storage.List(""));
        storage.MakeFolder("elsewhere");
        Assert.Throws<ArgumentException>(() => storage.Rename("old", "elsewhere/old"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Names_are_listed_in_ordinal_order(bool isReal)
    {
        var storage = Create(isReal);
        Write(storage, "b", "");
        Write(storage, "B", "");
        storage.MakeFolder("a/inner");
        Assert.Equal(["B", "a", "b"], storage.List(""));
        Assert.Equal(["inner"], storage.List("a"));
        Assert.Empty(storage.List("nowhere/at/all"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_deleted_is_gone_with_all_that_is_in_it(bool isReal)
    {
        var storage = Create(isReal);
        storage.MakeFolder("a/b");
        Write(storage, "a/b/c", "1");
        Write(storage, "d", "2");
        storage.Delete("a");
        storage.Delete("d");
        storage.Delete("d");
        storage.Delete("nowhere/at/all");
        Assert.Empty(storage.List(""));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_open_file_is_read_to_its_end_though_it_is_deleted(bool isReal)
    {
        var storage = Create(isReal);
        Write(storage, "a", "whole");
        using var reader = new StreamReader(storage.OpenRead("a"));
        storage.Delete("a");
        Assert.Equal("whole", reader.ReadToEnd());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_is_not_there_is_refused(bool isReal)
    {
        var storage = Create(isReal);
        storage.MakeFolder("folder");
        Assert.Throws<FileNotFoundException>(() => storage.OpenRead("a"));
        Assert.Throws<FileNotFoundException>(() => storage.OpenRead("nowhere/a"));
        Assert.ThrowsAny<IOException>(() => storage.OpenRead("folder"));
        Assert.ThrowsAny<IOException>(() => storage.Append("a", "1"u8));
        Assert.ThrowsAny<IOException>(() => storage.FlushFile("a"));
        Assert.ThrowsAny<IOException>(() => storage.Rename("a", "b"));
        Assert.ThrowsAny<IOException>(() => storage.TryCreate("nowhere/a"));
        Assert.ThrowsAny<IOException>(() => storage.FlushFolder("nowhere"));
    }

    [Theory]
    [InlineData("../a")]
    [InlineData("a/../../b")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData(".")]
    [InlineData("a\\b")]
    [InlineData("c:a")]
    [InlineData("a\0")]
    public void Names_that_lead_elsewhere_are_refused(string name)
    {
        foreach (var storage in new[] { Create(isReal: true), Create(isReal: false) })
        {
            Assert.Throws<ArgumentException>(() => storage.TryCreate(name));
            Assert.Throws<ArgumentException>(() => storage.OpenRead(name));
            Assert.Throws<ArgumentException>(() => storage.MakeFolder(name));
            Assert.Throws<ArgumentException>(() => storage.Delete(name));
            Assert.Throws<ArgumentException>(() => storage.Append(name, "1"u8));
            Assert.Throws<ArgumentException>(() => storage.List(name));
        }
    }

    private IStorage Create(bool isReal) => isReal ? new FileStorage(Path.Combine(folder, "root")) : new SimulatedDisk();

    private static void Write(IStorage storage, string file, string text)
    {
        Assert.True(storage.TryCreate(file));
        storage.Append(file, Encoding.UTF8.GetBytes(text));
    }

    private static string Read(IStorage storage, string file)
    {
        using var reader = new StreamReader(storage.OpenRead(file));
        return reader.ReadToEnd();
    }
}
