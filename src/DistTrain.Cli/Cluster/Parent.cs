using System.Security.Cryptography;
using DistTrain.Learning;

namespace DistTrain.Cli.Cluster;

/// <summary>
/// What a process that starts others of its kind and those have between them: the standard input of the started ones. Its first line is the secret, which so stands on no command line and in no
/// environment; its end says that the starting process is gone, whatever it died of.
/// </summary>
internal static class Parent
{
    private const int SecretBytes = 32;

    public static byte[] NewSecret() => RandomNumberGenerator.GetBytes(SecretBytes);

    public static void Write(TextWriter input, ReadOnlySpan<byte> secret)
    {
        input.WriteLine(Convert.ToBase64String(secret));
        input.Flush();
    }

    /// <exception cref="InvalidInputException">There is none.</exception>
    public static ReadOnlyMemory<byte> ReadSecret(TextReader input)
    {
        var secret = new byte[SecretBytes];
        return Convert.TryFromBase64String(input.ReadLine() ?? "", secret, out var length) && length == SecretBytes
            ? secret
            : throw new InvalidInputException("--spawned is for processes that 'disttrain train --processes' starts: the first line of standard input is no secret");
    }

    /// <summary>Calls back, on a thread of its own, when the input ends.</summary>
    public static void WatchEnd(TextReader input, Action ended) => new Thread(() =>
    {
        while (input.ReadLine() is not null)
        {
        }

        ended();
    })
    {
        IsBackground = true,
        Name = "end of standard input",
    }.Start();
}
