using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.DataTransfer;

/// <summary>Connections over loopback to a <see cref="FileServer"/> that serves files of memory, and that may break them.</summary>
internal sealed class FileConnections : IDisposable
{
    private readonly Dictionary<string, byte[]> contents = new(StringComparer.Ordinal);
    private readonly List<Task> serving = [];

    /// <summary>A transfer gives up soon, so that tests do not take long.</summary>
    public static TransferLimits Impatient { get; } =
        new() { FirstPause = TimeSpan.FromMilliseconds(1), LongestPause = TimeSpan.FromMilliseconds(2), MaximumFailures = 4, SilenceDeadline = TimeSpan.FromSeconds(30) };

    public int DialCount { get; private set; }

    /// <summary>Bytes that the server can send on a connection before it breaks; null for as many as it likes.</summary>
    public int? BreaksAfter { get; set; }

    public List<string> Complaints { get; } = [];

    public IEnumerable<DataFile> Files => contents.Select(entry => Describe(entry.Key, entry.Value));

    public static DataFile Describe(string name, byte[] content) => new(name, content.Length, Convert.ToHexStringLower(SHA256.HashData(content)));

    public static byte[] Bytes(int count, int seed = 1)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public DataFile Add(string name, byte[] content)
    {
        contents[name] = content;
        return Describe(name, content);
    }

    public FileClient Fetcher(TransferLimits? limits = null) => new(Dial, limits ?? Impatient);

    public SecureConnection Dial(CancellationToken cancellation)
    {
        DialCount++;
        var (near, far) = Pair(BreaksAfter);
        var server = new FileServer([.. Files], file => new MemoryStream(contents[file.Name]), Complaints.Add, Impatient);
        serving.Add(Task.Run(() => server.Serve(far), CancellationToken.None));
        return near;
    }

    /// <summary>Two ends of one connection; writing to the far one breaks after that many bytes.</summary>
    public static (SecureConnection Near, SecureConnection Far) Pair(int? breaksAfter = null)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.Connect(listener.LocalEndpoint);
        var far = listener.AcceptSocket();
        Stream stream = new NetworkStream(far);
        return (Connection(near, new NetworkStream(near)), Connection(far, breaksAfter is { } count ? new BreakingStream(stream, count) : stream));
    }

    public void Dispose() => Task.WaitAll([.. serving]);

    private static SecureConnection Connection(Socket socket, Stream stream) => new(stream, socket, ConnectionPurpose.Files, ProcessId.New(), isEncrypted: false);
}

/// <summary>Takes so many bytes and then fails, as a connection or a disk does.</summary>
internal sealed class BreakingStream(Stream inner, int count) : Stream
{
    private int left = count;

    public override bool CanRead => inner.CanRead;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer) => inner.Read(buffer);

    public override int Read(byte[] buffer, int offset, int count) => inner.Read(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        inner.Write(buffer[..Math.Min(left, buffer.Length)]);
        left -= buffer.Length;
        if (left < 0)
        {
            throw new IOException("no space left on the device");
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush() => inner.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
        }

        base.Dispose(disposing);
    }
}
