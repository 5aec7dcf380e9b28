using System.Net.Sockets;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.DataTransfer;

public sealed class FileTransferTests
{
    private const int Large = 3_000_000;

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0)]
    [InlineData(Large, 0)]
    [InlineData(Large, 1)]
    [InlineData(Large, Large - 1)]
    [InlineData(Large, Large)]
    public void A_file_arrives_from_any_offset_on(int length, int offset)
    {
        using var connections = new FileConnections();
        var content = FileConnections.Bytes(length);
        var file = connections.Add("a", content);
        using var fetcher = connections.Fetcher();
        Assert.Equal(content[offset..], Fetch(fetcher, file, offset));
    }

    [Fact]
    public void Several_files_come_over_one_connection()
    {
        using var connections = new FileConnections();
        DataFile[] files = [.. Enumerable.Range(0, 5).Select(index => connections.Add($"file-{index}", FileConnections.Bytes(100_000, index)))];
        using var fetcher = connections.Fetcher();
        Assert.All(files, file => Assert.Equal(file, FileConnections.Describe(file.Name, Fetch(fetcher, file))));
        Assert.Equal(1, connections.DialCount);
    }

    [Fact]
    public void Two_files_of_the_same_bytes_are_both_served()
    {
        using var connections = new FileConnections();
        var content = FileConnections.Bytes(10);
        using var fetcher = connections.Fetcher();
        Assert.All(new[] { connections.Add("a", content), connections.Add("b", content) }, file => Assert.Equal(content, Fetch(fetcher, file)));
    }

    [Fact]
    public void A_connection_that_breaks_again_and_again_delays_a_file_and_no_more()
    {
        using var connections = new FileConnections { BreaksAfter = 300_000 };
        var content = FileConnections.Bytes(Large);
        var file = connections.Add("a", content);
        using var fetcher = connections.Fetcher();
        Assert.Equal(content, Fetch(fetcher, file));
        Assert.InRange(connections.DialCount, FileConnections.Impatient.MaximumFailures + 1, 100);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(10)]
    public void Connections_that_bring_nothing_are_tried_only_so_often(int breaksAfter)
    {
        using var connections = new FileConnections { BreaksAfter = breaksAfter };
        var file = connections.Add("a", FileConnections.Bytes(1000));
        using var fetcher = connections.Fetcher();
        var failure = Assert.Throws<IOException>(() => Fetch(fetcher, file, 7));
        Assert.Contains("a could not be fetched: the connection broke 4 times in a row at byte 7 of 1,000", failure.Message, StringComparison.Ordinal);
        Assert.Equal(FileConnections.Impatient.MaximumFailures, connections.DialCount);
    }

    [Fact]
    public void A_coordinator_that_cannot_be_reached_is_tried_only_so_often()
    {
        var dials = 0;
        using var fetcher = new FileClient(_ => throw (dials++ % 2 == 0 ? new SecureConnectException(ConnectionFault.TicketNotValid, "no ticket") : new SecureConnectException(ConnectionFault.Unreachable, "nobody listens")), FileConnections.Impatient);
        Assert.Contains("nobody listens", Assert.Throws<IOException>(() => Fetch(fetcher, FileConnections.Describe("a", [1]))).Message, StringComparison.Ordinal);
        Assert.Equal(FileConnections.Impatient.MaximumFailures, dials);
    }

    [Fact]
    public void A_coordinator_that_refuses_the_connection_is_not_asked_again()
    {
        var dials = 0;
        using var fetcher = new FileClient(_ => throw (dials++ == 0 ? new SecureConnectException(ConnectionFault.WrongSecret, "another secret") : new InvalidOperationException()), FileConnections.Impatient);
        Assert.Equal("a could not be fetched: another secret", Assert.ThrowsAny<IOException>(() => Fetch(fetcher, FileConnections.Describe("a", [1]))).Message);
        Assert.Equal(1, dials);
    }

    [Fact]
    public void A_file_that_is_not_offered_is_refused_and_the_next_one_comes_on_the_same_connection()
    {
        using var connections = new FileConnections();
        var content = FileConnections.Bytes(1000);
        var file = connections.Add("a", content);
        using var fetcher = connections.Fetcher();
        var failure = Assert.ThrowsAny<IOException>(() => Fetch(fetcher, FileConnections.Describe("other", [1, 2])));
        Assert.Equal("other could not be fetched: no file of the run's data has that hash", failure.Message);
        Assert.Equal(content, Fetch(fetcher, file));
        Assert.Equal(1, connections.DialCount);
    }

    [Fact]
    public void A_file_that_has_changed_its_length_or_is_gone_is_refused()
    {
        var file = FileConnections.Describe("a", FileConnections.Bytes(1000));
        Assert.Contains("a has changed since the run began: it has 999 bytes now instead of 1,000", Refusal(_ => new MemoryStream(new byte[999])), StringComparison.Ordinal);
        Assert.Contains("a cannot be read any more", Refusal(_ => throw new FileNotFoundException("/secret/path")), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", Refusal(_ => throw new FileNotFoundException("/secret/path")), StringComparison.Ordinal);

        string Refusal(Func<DataFile, Stream> open)
        {
            var (near, far) = FileConnections.Pair();
            var serving = Task.Run(() => new FileServer([file], open, _ => { }).Serve(far));
            using (var fetcher = new FileClient(_ => near, FileConnections.Impatient))
            {
                var message = Assert.ThrowsAny<IOException>(() => Fetch(fetcher, file)).Message;
                near.Dispose();
                serving.Wait();
                return message;
            }
        }
    }

    [Fact]
    public void A_disk_that_is_full_ends_the_transfer_and_the_next_one_begins_afresh()
    {
        using var connections = new FileConnections();
        var content = FileConnections.Bytes(Large);
        var file = connections.Add("a", content);
        using var fetcher = connections.Fetcher();
        using var disk = new BreakingStream(new MemoryStream(), 1_000_000);
        Assert.Equal("no space left on the device", Assert.Throws<IOException>(() => fetcher.Fetch(file, 0, disk, CancellationToken.None)).Message);
        Assert.Equal(1, connections.DialCount);
        Assert.Equal(content, Fetch(fetcher, file));
        Assert.Equal(2, connections.DialCount);
    }

    [Fact]
    public async Task A_transfer_that_is_cancelled_ends_while_the_other_side_is_silent()
    {
        using var cancellation = new CancellationTokenSource();
        var (near, far) = FileConnections.Pair();
        using var silent = far;
        using var fetcher = new FileClient(_ => near, FileConnections.Impatient);
        var asked = Task.Run(() =>
        {
            Assert.IsType<FileRequested>(FileFrame.Read(silent.Stream));
            cancellation.Cancel();
        });
        Assert.Throws<OperationCanceledException>(() => fetcher.Fetch(FileConnections.Describe("a", [1]), 0, Stream.Null, cancellation.Token));
        await asked;
    }

    [Fact]
    public void A_coordinator_that_says_nothing_is_given_up()
    {
        var far = new List<SecureConnection>();
        using var fetcher = new FileClient(Silent, FileConnections.Impatient with { SilenceDeadline = TimeSpan.FromMilliseconds(20) });
        Assert.Throws<IOException>(() => Fetch(fetcher, FileConnections.Describe("a", [1])));
        Assert.Equal(FileConnections.Impatient.MaximumFailures, far.Count);
        far.ForEach(connection => connection.Dispose());

        SecureConnection Silent(CancellationToken cancellation)
        {
            var pair = FileConnections.Pair();
            far.Add(pair.Far);
            return pair.Near;
        }
    }

    [Fact]
    public async Task Serving_ends_with_the_server()
    {
        var (near, far) = FileConnections.Pair();
        using var silent = near;
        var server = new FileServer([], _ => Stream.Null, _ => { });
        var serving = Task.Run(() => server.Serve(far));
        server.Dispose();
        await serving;
    }

    [Theory]
    [InlineData("FFFFFFFF", "a message about files of 4,294,967,295 bytes is longer")]
    [InlineData("00001201", "a message about files of 4,609 bytes is longer")]
    [InlineData("0000000101", "an array was expected")]
    [InlineData("00000000", "ends before it is complete")]
    [InlineData("0000000191", "a message ends before it is complete")]
    [InlineData("00000003919191", "an integer was expected")]
    [InlineData("00000002910E", "there is no message of kind 14 here")]
    [InlineData("0000000492CC8101", "an answer about files came where a question was expected")]
    [InlineData("0000000793CC80C4010000", "FileRequested.Sha256: it must be 32 bytes long")]
    [InlineData("0000000892CC80C420414141", "FileRequested: it has 1 fields instead of 2")]
    public void What_no_member_asks_is_named(string hexadecimal, string complaint)
    {
        using var connections = new FileConnections();
        using (var connection = connections.Dial(CancellationToken.None))
        {
            connection.Stream.Write(Convert.FromHexString(hexadecimal));
            connection.Socket.Shutdown(SocketShutdown.Send);
            AssertClosed(connection);
        }

        connections.Dispose();
        Assert.Contains(complaint, Assert.Single(connections.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_behind_the_end_cannot_be_asked_for()
    {
        using var connections = new FileConnections();
        var file = connections.Add("a", [1, 2, 3]);
        using (var connection = connections.Dial(CancellationToken.None))
        {
            FileFrame.Write(connection.Stream, new FileRequested(file.Sha256, 4));
            AssertClosed(connection);
        }

        connections.Dispose();
        Assert.Contains("bytes of a file from 4 on were asked for, but it has 3", Assert.Single(connections.Complaints), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0000")]
    [InlineData("0000002793CC80C420")]
    public void A_question_that_is_cut_short_is_no_complaint(string hexadecimal)
    {
        using var connections = new FileConnections();
        using (var connection = connections.Dial(CancellationToken.None))
        {
            connection.Stream.Write(Convert.FromHexString(hexadecimal));
        }

        connections.Dispose();
        Assert.Empty(connections.Complaints);
    }

    [Theory]
    [InlineData("0000000492CC8102", "it is not the rest of the file that was asked for")]
    [InlineData("0000000492CC8100", "it is not the rest of the file that was asked for")]
    [InlineData("00000003910101", "there is no message of kind 1 here")]
    [InlineData("FFFFFFFF", "is longer than")]
    public void An_answer_that_makes_no_sense_ends_the_transfer(string hexadecimal, string expected)
    {
        var (near, far) = FileConnections.Pair();
        using var lying = far;
        using var fetcher = new FileClient(_ => near, FileConnections.Impatient);
        lying.Stream.Write(Convert.FromHexString(hexadecimal));
        var failure = Assert.Throws<IOException>(() => Fetch(fetcher, FileConnections.Describe("a", [1])));
        Assert.Contains(expected, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("a could not be fetched: the answer makes no sense", failure.Message, StringComparison.Ordinal);
    }

    private static byte[] Fetch(FileClient fetcher, DataFile file, long offset = 0)
    {
        using var destination = new MemoryStream();
        fetcher.Fetch(file, offset, destination, CancellationToken.None);
        return destination.ToArray();
    }

    /// <summary>In order, or with a reset where bytes were left unread.</summary>
    private static void AssertClosed(SecureConnection connection)
    {
        try
        {
            Assert.Equal(0, connection.Stream.Read(new byte[1]));
        }
        catch (IOException)
        {
        }
    }
}
