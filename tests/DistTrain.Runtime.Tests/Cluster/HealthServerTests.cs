using System.Net;
using System.Net.Sockets;
using System.Text;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;

namespace DistTrain.Runtime.Tests.Cluster;

public sealed class HealthServerTests : IDisposable
{
    private readonly HealthServer server;
    private Readiness readiness = new(true, "training");

    public HealthServerTests() => server = HealthServer.Start(new HostAndPort("127.0.0.1", 0), () => readiness, () => Statuses.Report(Statuses.Worker(1)));

    public void Dispose() => server.Dispose();

    /// <summary>Everything that comes back for these bytes, sent one after the other.</summary>
    private string Ask(params IEnumerable<string> pieces)
    {
        using var client = Connect();
        foreach (var piece in pieces)
        {
            client.Send(Encoding.Latin1.GetBytes(piece));
        }

        return ReadAll(client);
    }

    private Socket Connect()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 60_000, NoDelay = true };
        client.Connect(IPAddress.Loopback, server.Port);
        return client;
    }

    private static string ReadAll(Socket client)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        try
        {
            for (int length; (length = client.Receive(buffer)) > 0;)
            {
                text.Append(Encoding.UTF8.GetString(buffer, 0, length));
            }
        }
        catch (SocketException fault) when (fault.SocketErrorCode is SocketError.ConnectionReset)
        {
            // A server that closes while there is more to read resets the connection.
        }

        return text.ToString();
    }

    private string Get(string path) => Ask($"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n");

    [Fact]
    public void Health_is_answered()
    {
        var answer = Get("/health");
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nalive\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Readiness_follows_the_process()
    {
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", Get("/ready"), StringComparison.Ordinal);
        readiness = new Readiness(false, "the data is being read");
        var answer = Get("/ready?verbose");
        Assert.StartsWith("HTTP/1.1 503 Service Unavailable\r\n", answer, StringComparison.Ordinal);
        Assert.EndsWith("\r\n\r\nthe data is being read\n", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void The_status_is_JSON()
    {
        var answer = Get("/status");
        Assert.Equal(Statuses.Report(Statuses.Worker(1)).ToJson(), ClusterStatus.FromJson(Encoding.UTF8.GetBytes(answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..])).ToJson());
    }

    [Fact]
    public void A_head_alone_may_be_asked_for() => Assert.EndsWith("\r\n\r\n", Ask("HEAD /health HTTP/1.1\r\n\r\n"), StringComparison.Ordinal);

    [Fact]
    public void A_request_may_come_in_pieces() => Assert.Contains(" 200 ", Ask("GET /hea", "lth HTTP/1.1\r", "\n\r", "\n"), StringComparison.Ordinal);

    [Theory]
    [InlineData("POST /health HTTP/1.1\r\n\r\n", " 405 ")]
    [InlineData("GET /secret HTTP/1.1\r\n\r\n", " 404 ")]
    [InlineData("GET /health\r\n\r\n", " 400 ")]
    [InlineData("\u0016\u0003\u0001\u0002\u0000\r\n\r\n", " 400 ")]
    [InlineData("GET /health HTTP/2.0\r\n\r\n", " 400 ")]
    public void Other_requests_are_told_what_is_wrong(string request, string code) => Assert.Contains(code, Ask(request), StringComparison.Ordinal);

    [Fact]
    public void A_request_without_end_is_not_waited_for()
    {
        using var client = Connect();
        client.Send(Encoding.ASCII.GetBytes($"GET /health HTTP/1.1\r\nX: {new string('x', 10_000)}"));
        Assert.DoesNotContain(" 200 ", ReadAll(client), StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_that_say_nothing_do_not_keep_others_out_for_good()
    {
        var idle = Enumerable.Range(0, 70).Select(_ => Connect()).ToArray();
        foreach (var client in idle)
        {
            Assert.Equal("", ReadAll(client));
            client.Dispose();
        }

        Assert.Contains(" 200 ", Get("/health"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_that_is_taken_is_one_sentence() => Assert.Equal(
        $"health cannot be answered on 127.0.0.1:{server.Port}: the port is in use by another process",
        Assert.Throws<InvalidInputException>(() => HealthServer.Start(new HostAndPort("127.0.0.1", server.Port), () => readiness, () => Statuses.Report())).Message);

    [Fact]
    public void A_host_that_does_not_exist_is_one_sentence() => Assert.Contains(
        "health cannot be answered on no.such.host.invalid:1: ",
        Assert.Throws<InvalidInputException>(() => HealthServer.Start(new HostAndPort("no.such.host.invalid", 1), () => readiness, () => Statuses.Report())).Message,
        StringComparison.Ordinal);

    [Fact]
    public void It_ends_once()
    {
        server.Dispose();
        server.Dispose();
        Assert.Throws<SocketException>(Connect);
    }
}
