using System.Buffers;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Configuration;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Tests.Wire;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>What may travel through Akka.Remote, and that nothing else can.</summary>
public sealed class MailSerializerTests(SerializingSystem serializing) : IClassFixture<SerializingSystem>
{
    private readonly ExtendedActorSystem system = serializing.System;

    public static TheoryData<int> Examples => [.. Enumerable.Range(0, Mails.Length)];

    private static Mail[] Mails { get; } =
    [
        .. MessageExamples.Nodes.Select((message, i) => new Letter(ProcessId.New(), ProcessId.New(), i + 1, 70_000 - i, Bytes(message))),
        new Receipt(ProcessId.New(), ProcessId.New(), 3),
        new CoordinatorAsked(),
        new CoordinatorListens(new HostAndPort("10.0.0.2", 7000)),
    ];

    [Theory]
    [MemberData(nameof(Examples))]
    public void Mail_comes_back_as_it_was_by_a_manifest_of_kind_and_version(int index)
    {
        var mail = Mails[index];
        var serializer = Assert.IsType<MailSerializer>(system.Serialization.FindSerializerFor(mail));

        var manifest = serializer.Manifest(mail);
        var read = serializer.FromBinary(serializer.ToBinary(mail), manifest);

        Assert.EndsWith(".1", manifest, StringComparison.Ordinal);
        Assert.Equal(serializer.ToBinary(mail), serializer.ToBinary(read));
        Assert.Equal(mail.GetType(), read.GetType());
    }

    [Fact]
    public void A_letter_under_another_manifest_is_refused()
    {
        var serializer = new MailSerializer(system);
        var bytes = serializer.ToBinary(Mails[0]);

        Assert.Contains("no such kind", Refusal(serializer, bytes, "64.2"), StringComparison.Ordinal);
        Assert.Contains("no such kind", Refusal(serializer, bytes, "System.Object"), StringComparison.Ordinal);
        Assert.Contains("of another kind", Refusal(serializer, bytes, "65.1"), StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_mail_is_refused_and_breaks_nothing()
    {
        var serializer = new MailSerializer(system);
        var random = new Random(1);
        var refused = 0;
        foreach (var mail in Enumerable.Range(0, 5000).Select(i => Mails[i % Mails.Length]))
        {
            var bytes = serializer.ToBinary(mail);
            if (bytes.Length > 0)
            {
                bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            }

            var length = random.Next(bytes.Length + 1);
            refused += Record.Exception(() => serializer.FromBinary(bytes[..length], serializer.Manifest(mail))) switch
            {
                null => 0,
                SerializationException => 1,
                var other => throw new InvalidOperationException($"{mail.GetType().Name} of {length} bytes", other),
            };
        }

        Assert.InRange(refused, 2500, 5000);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(17)]
    public void What_Akka_would_read_as_any_object_deployment_bytes_or_primitive_is_not_read(int akkasSerializer) =>
        Assert.ThrowsAny<SerializationException>(() => system.Serialization.Deserialize([0x24, 0x31], akkasSerializer, "System.String"));

    [Fact]
    public void No_object_text_or_number_is_written()
    {
        Assert.ThrowsAny<SerializationException>(() => system.Serialization.Serialize(new { Name = "anything" }));
        Assert.ThrowsAny<SerializationException>(() => system.Serialization.Serialize("text"));
        Assert.ThrowsAny<SerializationException>(() => system.Serialization.Serialize(42));
        Assert.ThrowsAny<SerializationException>(() => system.Serialization.Serialize(new byte[] { 1 }));
    }

    private static string Refusal(MailSerializer serializer, byte[] bytes, string manifest) => Assert.Throws<SerializationException>(() => serializer.FromBinary(bytes, manifest)).Message;

    private static byte[] Bytes(NodeMessage message)
    {
        var bytes = new ArrayBufferWriter<byte>();
        MessageCodec.Write(bytes, message);
        return bytes.WrittenSpan.ToArray();
    }
}

/// <summary>An actor system with the program's own configuration, in no cluster.</summary>
public sealed class SerializingSystem : IDisposable
{
    public ExtendedActorSystem System { get; } =
        (ExtendedActorSystem)ActorSystem.Create("serializers", AkkaConfiguration.For(ConfigurationFactory.Empty, "worker", new NodeHost("127.0.0.1", "127.0.0.1"), isEncrypted: false));

    public void Dispose() => System.Terminate().Wait();
}
