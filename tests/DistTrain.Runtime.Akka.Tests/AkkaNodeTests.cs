using Akka.Configuration;
using DistTrain.Learning;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>Whom an actor system lets in, and what it starts with.</summary>
public class AkkaNodeTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];
    private static readonly ClusterSecurity Folder = Certified();

    public static TheoryData<string, bool> Strangers => new()
    {
        { "the same secret", true },
        { "another secret", false },
        { "plain text", false },
        { "a certificate", false },
    };

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Who_knows_the_secret_is_let_in_and_nobody_else(string who, bool isLetIn) => AssertJoins(new ClusterSecurity { UsesTls = false, Secret = Secret }, Named(who), isLetIn);

    [Fact]
    public void Certificates_of_the_same_authority_are_let_in() => AssertJoins(Folder, Folder, isLetIn: true);

    [Fact]
    public void Certificates_of_another_authority_are_not_let_in() => AssertJoins(Folder, Certified(), isLetIn: false);

    [Fact]
    public void A_secret_stands_for_one_key()
    {
        Assert.Equal(PublicKey(Secret), PublicKey([.. Secret]));
        Assert.NotEqual(PublicKey(Secret), PublicKey([.. Secret.Reverse()]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("1 akka.tcp://disttrain@127.0.0.1:1/user/other#2")]
    [InlineData("1 akka.tcp://other@127.0.0.1:1/user/mail#2")]
    [InlineData("x akka.tcp://disttrain@127.0.0.1:1/user/mail#2")]
    [InlineData("1 akka.tcp://disttrain@127.0.0.1:1/system/mail#2")]
    [InlineData("1 akka://disttrain/user/mail#2")]
    public void What_is_no_address_of_mail_is_refused(string text) => Assert.Throws<WireFormatException>(() => PeerMail.Parse(text));

    [Fact]
    public void An_address_of_mail_is_read_as_it_is_written() =>
        Assert.Equal("-7 akka.ssl.tcp://disttrain@10.0.0.2:7701/user/mail#42", PeerMail.Parse("-7 akka.ssl.tcp://disttrain@10.0.0.2:7701/user/mail#42").ToString());

    [Fact]
    public void A_file_of_the_user_wins_over_the_programs_own_but_for_what_flags_say()
    {
        var user = ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp { port = 7777, public-hostname = outside, enable-ssl = off }\nakka.cluster.roles = [other]");
        var config = AkkaConfiguration.For(user, "worker", new NodeHost("0.0.0.0", "10.0.0.2"), isEncrypted: true);
        var tcp = config.GetConfig("akka.remote.dot-netty.tcp");

        Assert.Equal((7777, "outside", "0.0.0.0", true), (tcp.GetInt("port"), tcp.GetString("public-hostname"), tcp.GetString("hostname"), tcp.GetBoolean("enable-ssl")));
        Assert.Equal(["worker"], config.GetStringList("akka.cluster.roles"));
        Assert.True(config.GetBoolean("akka.remote.untrusted-mode"));
    }

    [Fact]
    public void A_file_that_is_missing_or_no_HOCON_is_one_sentence()
    {
        Assert.StartsWith("the Akka configuration nowhere.conf cannot be read: ", Assert.Throws<InvalidInputException>(() => AkkaConfiguration.Read("nowhere.conf")).Message, StringComparison.Ordinal);
        var file = Path.GetTempFileName();
        File.WriteAllText(file, "akka { loglevel = INFO }, and more");
        Assert.StartsWith($"the Akka configuration {file} is no HOCON: ", Assert.Throws<InvalidInputException>(() => AkkaConfiguration.Read(file)).Message, StringComparison.Ordinal);
        File.Delete(file);
    }

    private static void AssertJoins(ClusterSecurity first, ClusterSecurity second, bool isLetIn)
    {
        var process = new AkkaProcess(ConfigurationFactory.Empty, _ => { });
        using var coordinator = AkkaNode.Start(process, ConfigurationFactory.Empty, first, AkkaNode.CoordinatorRole, new NodeHost("127.0.0.1", "127.0.0.1"));
        coordinator.JoinSelf(CancellationToken.None);
        using var worker = AkkaNode.Start(process, ConfigurationFactory.Empty, second, "worker", new NodeHost("127.0.0.1", "127.0.0.1"));

        // Under the other's protocol, so that only what it proves decides.
        var contact = coordinator.Address.Node.Address.WithProtocol(worker.Address.Node.Address.Protocol);
        var refusal = Record.Exception(() => worker.Join(contact, TimeSpan.FromSeconds(isLetIn ? 60 : 5), CancellationToken.None));

        Assert.Equal(isLetIn, refusal is null);
        Assert.Equal(isLetIn, coordinator.Sees(worker.Address.Node));
    }

    private static ClusterSecurity Named(string who) => who switch
    {
        "the same secret" => new ClusterSecurity { UsesTls = false, Secret = Secret },
        "another secret" => new ClusterSecurity { UsesTls = false, Secret = Secret.Reverse().ToArray() },
        "plain text" => new ClusterSecurity { UsesTls = false },
        _ => Folder,
    };

    private static ClusterSecurity Certified()
    {
        var authority = ClusterCertificates.CreateAuthority(DateTimeOffset.UtcNow, TimeSpan.FromDays(10));
        return new ClusterSecurity { UsesTls = true, Authority = authority, Certificate = ClusterCertificates.CreateNode(authority, DateTimeOffset.UtcNow, TimeSpan.FromDays(10)) };
    }

    private static string PublicKey(byte[] secret)
    {
        using var key = AkkaTls.KeyOf(secret);
        return Convert.ToHexString(key.ExportSubjectPublicKeyInfo());
    }
}
