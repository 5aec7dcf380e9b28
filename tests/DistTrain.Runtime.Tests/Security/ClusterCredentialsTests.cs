using System.Security.Cryptography.X509Certificates;
using DistTrain.Learning;
using DistTrain.Runtime.Security;

namespace DistTrain.Runtime.Tests.Security;

/// <summary>A cluster's credentials as files: made, read again, and everything that may be wrong with them.</summary>
public sealed class ClusterCredentialsTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromDays(100);
    private readonly string parent = Directory.CreateTempSubdirectory("disttrain-credentials-").FullName;
    private readonly DateTimeOffset now = DateTimeOffset.UtcNow;

    private string Folder => Path.Combine(parent, "cluster");

    private CredentialFiles Files => new(Folder);

    public void Dispose() => Directory.Delete(parent, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void What_was_made_lets_its_holders_talk_and_others_not(bool isThereAlready)
    {
        if (isThereAlready)
        {
            Directory.CreateDirectory(Folder);
        }

        Make();
        var loaded = ClusterCredentials.Load(Folder, now.UtcDateTime);
        Assert.Empty(loaded.Warnings);
        using var process = new ListeningProcess(loaded.Security);
        process.Connect(ClusterCredentials.Load(Folder, now.UtcDateTime).Security);
        Assert.True(process.TakeAccepted().IsEncrypted);
        Make(ExistingCredentials.Replace);
        Assert.Equal(ConnectionFault.ForeignCertificate, process.Refused(ClusterCredentials.Load(Folder, now.UtcDateTime).Security).Fault);
    }

    [Fact]
    public void Secret_and_keys_are_for_their_owner_only_from_the_first_moment()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        Make();
        Assert.All([Files.Secret, Files.NodeKey, Files.AuthorityKey], file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(file)));
        Assert.Equal(5, Directory.GetFiles(Folder).Length);
        File.SetUnixFileMode(Files.NodeKey, File.GetUnixFileMode(Files.NodeKey) | UnixFileMode.OtherRead);
        Assert.Contains($"{Files.NodeKey} can be read", Assert.Single(ClusterCredentials.Load(Folder, now.UtcDateTime).Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_but_the_five_files_is_left()
    {
        Make();
        Assert.Equal(["authority.key", "authority.pem", "node.key", "node.pem", "secret"], Directory.GetFileSystemEntries(Folder).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.Equal([Folder], Directory.GetFileSystemEntries(parent));
        Make(ExistingCredentials.Replace);
        Assert.Equal(5, Directory.GetFileSystemEntries(Folder).Count(name => !Path.GetFileName(name).StartsWith('.')));
        Assert.Empty(Directory.GetDirectories(Folder));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_many_that_start_at_once_one_makes_them_and_all_have_the_same(bool isThereAlready)
    {
        if (isThereAlready)
        {
            Directory.CreateDirectory(Folder);
        }

        var made = new bool[8];
        var secrets = new byte[made.Length][];
        var threads = Enumerable.Range(0, made.Length).Select(i => new Thread(() =>
        {
            made[i] = Make(ExistingCredentials.Keep);
            secrets[i] = ClusterCredentials.Load(Folder, now.UtcDateTime).Security.Secret!.Value.ToArray();
        })).ToArray();
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        Assert.Single(made, one => one);
        Assert.All(secrets, secret => Assert.Equal(secrets[0], secret));
    }

    [Fact]
    public void Certificates_or_secret_alone_do_as_well()
    {
        Make();
        File.Delete(Files.Secret);
        var certificates = ClusterCredentials.Load(Folder, now.UtcDateTime).Security;
        Assert.True(certificates is { Secret: null, Authority: not null, Certificate: not null, UsesTls: true });
        Assert.False(Make(ExistingCredentials.Keep));
        Make(ExistingCredentials.Replace);
        Array.ForEach([Files.Node, Files.NodeKey, Files.Authority], File.Delete);
        var secret = ClusterCredentials.Load(Folder, now.UtcDateTime).Security;
        Assert.True(secret is { Secret: not null, Authority: null, Certificate: null, UsesTls: true });
        Assert.True(secret.Secret.Value.Span.SequenceEqual(ClusterCredentials.LoadSecret(Files.Secret).Security.Secret!.Value.Span));
    }

    public static TheoryData<string, string> Faults => new()
    {
        { "no folder", "does not exist: make it with 'disttrain cluster init" },
        { "empty folder", "holds no credentials" },
        { "no node.key", "lacks node.key" },
        { "no authority.pem", "lacks authority.pem" },
        { "short secret", "must hold 16 to 4096 bytes, but holds 9" },
        { "huge secret", "far too long" },
        { "damaged node.pem", "is damaged" },
        { "damaged node.key", "is damaged" },
        { "binary authority.pem", "is damaged" },
        { "another node's key", "is damaged" },
        { "another authority", "is not signed by" },
        { "a folder for a file", "lacks node.pem" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Whatever_is_wrong_is_said_in_one_sentence(string fault, string sentence)
    {
        Spoil(fault);
        var refusal = Assert.Throws<InvalidInputException>(() => ClusterCredentials.Load(Folder, now.UtcDateTime)).Message;
        Assert.Contains(sentence, refusal, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal);
        Assert.DoesNotContain("Exception", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Certificates_age()
    {
        Make();
        Assert.Contains("expired on", Refusal(now + Lifetime + TimeSpan.FromDays(1)), StringComparison.Ordinal);
        Assert.Contains("is not valid before", Refusal(now - TimeSpan.FromDays(3)), StringComparison.Ordinal);
        var warnings = ClusterCredentials.Load(Folder, (now + Lifetime - TimeSpan.FromDays(3)).UtcDateTime).Warnings;
        Assert.Equal(2, warnings.Count(warning => warning.Contains("expires on", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_node_cannot_make_members_with_its_own_key()
    {
        var authority = Credentials.Authority;
        using var forged = ClusterCertificates.CreateNode(authority, now, Lifetime);
        using var key = forged.GetECDsaPrivateKey()!;
        var request = new CertificateRequest("CN=DistTrain node", key, System.Security.Cryptography.HashAlgorithmName.SHA256);
        using var signed = request.Create(forged.SubjectName, X509SignatureGenerator.CreateForECDsa(key), now.AddDays(-1), now.AddDays(5), [1, 2, 3]);
        Assert.Equal(ConnectionFault.ForeignCertificate, CertificateJudgement.Judge(signed, [forged], authority, isServer: true, now.UtcDateTime));
        Assert.Null(CertificateJudgement.Judge(forged, [], authority, isServer: true, now.UtcDateTime));
    }

    private static UnixFileMode ModeOf(string file) => OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file);

    private bool Make(ExistingCredentials existing = ExistingCredentials.Refuse) => CredentialWriter.Write(Folder, now, Lifetime, existing);

    private string Refusal(DateTimeOffset time) => Assert.Throws<InvalidInputException>(() => ClusterCredentials.Load(Folder, time.UtcDateTime)).Message;

    private void Spoil(string fault)
    {
        if (fault == "no folder")
        {
            return;
        }

        Make();
        var other = Path.Combine(parent, "other");
        CredentialWriter.Write(other, now, Lifetime, ExistingCredentials.Refuse);
        switch (fault)
        {
            case "empty folder":
                Directory.Delete(Folder, recursive: true);
                Directory.CreateDirectory(Folder);
                break;
            case "no node.key" or "no authority.pem":
                File.Delete(Path.Combine(Folder, fault[3..]));
                break;
            case "short secret":
                File.WriteAllText(Files.Secret, " 123456789\n");
                break;
            case "huge secret":
                File.WriteAllBytes(Files.Secret, new byte[1 << 20]);
                break;
            case "damaged node.pem" or "damaged node.key":
                var file = Path.Combine(Folder, fault[8..]);
                var text = File.ReadAllText(file);
                File.WriteAllText(file, text[..(text.Length / 2)]);
                break;
            case "binary authority.pem":
                File.WriteAllBytes(Files.Authority, [.. Enumerable.Range(0, 1000).Select(i => (byte)(i * 31))]);
                break;
            case "another node's key":
                File.Copy(new CredentialFiles(other).NodeKey, Files.NodeKey, overwrite: true);
                break;
            case "another authority":
                File.Copy(new CredentialFiles(other).Authority, Files.Authority, overwrite: true);
                break;
            case "a folder for a file":
                File.Delete(Files.Node);
                Directory.CreateDirectory(Files.Node);
                break;
        }
    }
}
