using System.Net;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

public sealed class TransportPolicyTests
{
    public static TheoryData<string, string> LoopbackAddresses => Combinations("127.0.0.1", "127.8.9.10", "::1", "::ffff:127.0.0.1");

    public static TheoryData<string, string> OtherAddresses => Combinations("10.0.0.1", "0.0.0.0", "::", "192.168.1.1", "fe80::1", "::ffff:10.0.0.1");

    [Theory]
    [MemberData(nameof(LoopbackAddresses))]
    public void Within_a_machine_everything_goes(string address, string security) =>
        Assert.Equal(new TransportJudgement(true, null), TransportPolicy.Judge(IPAddress.Parse(address), Credentials.Named(security)));

    [Theory]
    [MemberData(nameof(OtherAddresses))]
    public void Beyond_it_only_what_is_secured_or_asked_for_in_so_many_words(string address, string security)
    {
        var given = Credentials.Named(security);
        var judgement = TransportPolicy.Judge(IPAddress.Parse(address), given);
        if (given.UsesTls)
        {
            Assert.Equal(new TransportJudgement(true, null), judgement);
            return;
        }

        Assert.False(judgement.IsAllowed);
        Assert.Contains("--insecure", judgement.Sentence, StringComparison.Ordinal);
        Assert.Contains("read and change", judgement.Sentence, StringComparison.Ordinal);
        Assert.Equal(given.Secret is null, judgement.Sentence!.Contains("can join", StringComparison.Ordinal));
        var warned = TransportPolicy.Judge(IPAddress.Parse(address), given with { AllowsInsecure = true });
        Assert.True(warned.IsAllowed);
        Assert.Contains("not secured", warned.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void Encryption_alone_keeps_nobody_out()
    {
        var judgement = TransportPolicy.Judge(IPAddress.Parse("10.0.0.1"), new ClusterSecurity { UsesTls = true });
        Assert.False(judgement.IsAllowed);
        Assert.Contains("can join", judgement.Sentence, StringComparison.Ordinal);
        Assert.False(TransportPolicy.Judge(IPAddress.Parse("10.0.0.1"), Credentials.TlsWithCertificates with { UsesTls = false }).IsAllowed);
        Assert.False(TransportPolicy.Judge(IPAddress.Parse("10.0.0.1"), Credentials.TlsWithSecret with { Secret = ReadOnlyMemory<byte>.Empty }).IsAllowed);
    }

    private static TheoryData<string, string> Combinations(params string[] addresses)
    {
        var data = new TheoryData<string, string>();
        foreach (var address in addresses)
        {
            foreach (var security in new[] { "plain", "plain with secret", "TLS with secret", "TLS with certificates", "TLS with both" })
            {
                data.Add(address, security);
            }
        }

        return data;
    }
}
