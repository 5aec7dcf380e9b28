using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;

namespace DistTrain.Runtime.Tests.DataTransfer;

public sealed class DataCacheTests : IDisposable
{
    private static readonly byte[] Images = FileConnections.Bytes(100_000, 1);
    private static readonly byte[] Labels = FileConnections.Bytes(1000, 2);
    private static readonly DataOffer Offer = OfferOf(("images.gz", Images), ("labels", Labels));
    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-cache-").FullName;
    private readonly List<string> told = [];

    private DataCache Cache => new(folder);

    [Fact]
    public void Files_are_fetched_once_and_found_again()
    {
        var fetcher = new FakeFetcher(Images, Labels);
        var place = Obtain(fetcher);
        Assert.Equal(["images.gz from 0", "labels from 0"], fetcher.Asked);
        Assert.Equal(Images, File.ReadAllBytes(Path.Combine(place, "images.gz")));
        Assert.Equal(Labels, File.ReadAllBytes(Path.Combine(place, "labels")));
        Assert.Equal([$"fetching mnist from the coordinator: 2 of 2 files, 0.1 MB, into {place}"], told);
        Assert.Equal(place, Obtain(fetcher));
        Assert.Equal(2, fetcher.Asked.Count);
        Assert.Equal($"mnist is in the cache already: {place}", told[^1]);
    }

    [Fact]
    public void The_folder_is_named_by_what_the_files_are_and_not_by_their_order()
    {
        var place = Obtain(new FakeFetcher(Images, Labels));
        Assert.Equal(place, Obtain(new FakeFetcher(), OfferOf(("labels", Labels), ("images.gz", Images))));
        Assert.NotEqual(place, Obtain(new FakeFetcher(Images, Labels), OfferOf(("images", Images), ("labels", Labels))));
        Assert.NotEqual(place, Obtain(new FakeFetcher(Labels), OfferOf(("images.gz", Labels), ("labels", Labels))));
        Assert.Matches("^[0-9a-f]{64}$", Path.GetFileName(place));
        Assert.Equal(folder, Path.GetDirectoryName(place));
    }

    [Fact]
    public void A_file_goes_on_where_a_broken_transfer_has_left_it()
    {
        var failure = Assert.Throws<InvalidInputException>(() => Obtain(new FakeFetcher(Images, Labels) { BreaksAfter = 60_000 }));
        Assert.Contains("the data mnist cannot be had from the coordinator and stored in", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("it broke", failure.Message, StringComparison.Ordinal);
        var fetcher = new FakeFetcher(Images, Labels);
        var place = Obtain(fetcher);
        Assert.Equal(["images.gz from 60000", "labels from 0"], fetcher.Asked);
        Assert.Equal(Images, File.ReadAllBytes(Path.Combine(place, "images.gz")));
        Assert.Empty(Directory.GetFiles(place, "*.part"));
    }

    [Fact]
    public void A_part_that_is_whole_is_not_fetched_again()
    {
        var place = Obtain(new FakeFetcher(Images, Labels));
        File.Move(Path.Combine(place, "labels"), Path.Combine(place, "labels.part"));
        var fetcher = new FakeFetcher();
        Obtain(fetcher);
        Assert.Empty(fetcher.Asked);
        Assert.Equal(Labels, File.ReadAllBytes(Path.Combine(place, "labels")));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(1000)]
    [InlineData(2000)]
    public void A_part_of_something_else_is_thrown_away(int length)
    {
        var place = Obtain(new FakeFetcher(Images, Labels));
        File.Delete(Path.Combine(place, "labels"));
        File.WriteAllBytes(Path.Combine(place, "labels.part"), FileConnections.Bytes(length, 9));
        var fetcher = new FakeFetcher(Labels);
        Obtain(fetcher);
        Assert.Equal("labels from 0", fetcher.Asked[^1]);
        Assert.Equal(Labels, File.ReadAllBytes(Path.Combine(place, "labels")));
    }

    [Fact]
    public void Wrong_bytes_are_fetched_once_more()
    {
        var fetcher = new FakeFetcher(Images, Labels) { WrongAnswers = 1 };
        var place = Obtain(fetcher);
        Assert.Equal(["images.gz from 0", "images.gz from 0", "labels from 0"], fetcher.Asked);
        Assert.Contains("images.gz has arrived with the wrong bytes", told[^1], StringComparison.Ordinal);
        Assert.Equal(Images, File.ReadAllBytes(Path.Combine(place, "images.gz")));
    }

    [Fact]
    public void Wrong_bytes_twice_are_refused_with_both_hashes()
    {
        var fetcher = new FakeFetcher(Images, Labels) { WrongAnswers = 2 };
        var failure = Assert.Throws<InvalidInputException>(() => Obtain(fetcher));
        var wrong = FileConnections.Describe("", FakeFetcher.Spoiled(Images)).Sha256;
        Assert.StartsWith($"images.gz has arrived twice with other bytes than were offered: SHA-256 {wrong} instead of {Offer.Files[0].Sha256}", failure.Message, StringComparison.Ordinal);
        Assert.Equal(2, fetcher.Asked.Count);
        Assert.DoesNotContain(Directory.GetFiles(folder, "*", SearchOption.AllDirectories), path => path.Contains("images", StringComparison.Ordinal));
    }

    [Fact]
    public void A_stored_file_that_is_damaged_is_fetched_anew()
    {
        var place = Obtain(new FakeFetcher(Images, Labels));
        File.WriteAllBytes(Path.Combine(place, "labels"), FakeFetcher.Spoiled(Labels));
        var fetcher = new FakeFetcher(Labels);
        Obtain(fetcher);
        Assert.Equal(["labels from 0"], fetcher.Asked);
        Assert.Contains(told, sentence => sentence.Contains("labels is damaged", StringComparison.Ordinal));
        Assert.Equal(Labels, File.ReadAllBytes(Path.Combine(place, "labels")));
    }

    [Fact]
    public async Task Of_several_processes_one_fetches_and_the_others_wait()
    {
        var begun = new ManualResetEventSlim();
        var waits = new ManualResetEventSlim();
        var fetcher = new FakeFetcher(Images, Labels) { Fetching = () => { begun.Set(); waits.Wait(); } };
        var first = Task.Run(() => new DataCache(folder).Obtain(Offer, fetcher, _ => { }, CancellationToken.None));
        await Task.Run(begun.Wait);
        var other = new FakeFetcher();
        var second = Task.Run(() => new DataCache(folder).Obtain(
            Offer,
            other,
            sentence =>
            {
                if (sentence.StartsWith("waiting for another process", StringComparison.Ordinal))
                {
                    waits.Set();
                }
            },
            CancellationToken.None));
        Assert.Equal(await first, await second);
        Assert.Equal(2, fetcher.Asked.Count);
        Assert.Empty(other.Asked);
    }

    [Fact]
    public void Waiting_for_another_process_can_be_cancelled()
    {
        using var cancellation = new CancellationTokenSource();
        var fetcher = new FakeFetcher(Images, Labels)
        {
            Fetching = () => Assert.ThrowsAny<OperationCanceledException>(
                () => new DataCache(folder).Obtain(Offer, new FakeFetcher(), _ => cancellation.Cancel(), cancellation.Token)),
        };
        Obtain(fetcher);
        Assert.True(cancellation.IsCancellationRequested);
    }

    [Theory]
    [InlineData("../escaped")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData(".lock")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        var failure = Assert.Throws<InvalidInputException>(() => Obtain(new FakeFetcher(Labels), OfferOf((name, Labels))));
        Assert.Contains("under a name that no file can have", failure.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(folder, "escaped")));
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_named()
    {
        var file = Path.Combine(folder, "file");
        File.WriteAllText(file, "");
        var failure = Assert.Throws<InvalidInputException>(() => new DataCache(file).Obtain(Offer, new FakeFetcher(), told.Add, CancellationToken.None));
        Assert.Contains($"stored in {file}", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', failure.Message);
    }

    [Fact]
    public void A_transfer_that_was_cancelled_leaves_its_part()
    {
        var fetcher = new FakeFetcher(Images, Labels) { BreaksAfter = 60_000, Breaking = () => new OperationCanceledException() };
        Assert.Throws<OperationCanceledException>(() => Obtain(fetcher));
        var resumed = new FakeFetcher(Images, Labels);
        Obtain(resumed);
        Assert.Equal("images.gz from 60000", resumed.Asked[0]);
    }

    [Fact]
    public void Files_come_whole_from_a_server_whose_connections_break()
    {
        using var connections = new FileConnections { BreaksAfter = 30_000 };
        connections.Add("images.gz", Images);
        connections.Add("labels", Labels);
        using var fetcher = connections.Fetcher();
        var place = Obtain(fetcher);
        Assert.Equal(Images, File.ReadAllBytes(Path.Combine(place, "images.gz")));
        Assert.Equal(Labels, File.ReadAllBytes(Path.Combine(place, "labels")));
        Assert.True(connections.DialCount > 1);
    }

    [Theory]
    [InlineData("/caches", "/home/a", "/caches/disttrain/data")]
    [InlineData("relative", "/home/a", "/home/a/.cache/disttrain/data")]
    [InlineData("", "/home/a", "/home/a/.cache/disttrain/data")]
    [InlineData(null, "/home/a", "/home/a/.cache/disttrain/data")]
    public void The_cache_lies_where_the_specification_says(string? cacheHome, string home, string expected) => Assert.Equal(expected, DataCache.FolderBy(cacheHome, home));

    [Fact]
    public void A_user_without_a_home_has_a_cache_too() => Assert.True(Path.IsPathRooted(DataCache.FolderBy(null, "")));

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private static DataOffer OfferOf(params (string Name, byte[] Content)[] files) =>
        new("mnist", "idx:/data", "sha256:0", [.. files.Select(file => FileConnections.Describe(file.Name, file.Content))]);

    private string Obtain(IDataFetcher fetcher, DataOffer? offer = null) => Cache.Obtain(offer ?? Offer, fetcher, told.Add, CancellationToken.None);

    /// <summary>Gives these contents, by their hashes.</summary>
    private sealed class FakeFetcher(params byte[][] contents) : IDataFetcher
    {
        public List<string> Asked { get; } = [];

        public int? BreaksAfter { get; init; }

        public Func<Exception> Breaking { get; init; } = () => new IOException("it broke");

        public Action Fetching { get; init; } = () => { };

        /// <summary>How many times other bytes come.</summary>
        public int WrongAnswers { get; set; }

        public static byte[] Spoiled(byte[] content) => [.. content[..^1], (byte)~content[^1]];

        public void Fetch(DataFile file, long offset, Stream destination, CancellationToken cancellation)
        {
            Asked.Add($"{file.Name} from {offset}");
            Fetching();
            var content = contents.First(candidate => FileConnections.Describe(file.Name, candidate).Sha256 == file.Sha256);
            if (BreaksAfter is { } count)
            {
                destination.Write(content.AsSpan((int)offset, count));
                throw Breaking();
            }

            destination.Write((WrongAnswers-- > 0 ? Spoiled(content) : content).AsSpan((int)offset));
        }
    }
}
