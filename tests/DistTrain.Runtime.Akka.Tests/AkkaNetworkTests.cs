using System.Buffers;
using System.Collections.Concurrent;
using Akka.Configuration;
using DistTrain.Actors;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;
using DistTrain.Runtime.Security;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>Links of two processes, whose letters go through Akka.Remote.</summary>
public sealed class AkkaNetworkTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
    private static readonly ClusterSecurity Security = new() { UsesTls = false, Secret = new byte[32] };

    private readonly Recorder heardByCoordinator = new();
    private readonly Recorder heardByMember = new();
    private readonly TaskCompletionSource<Exception> failure = new();
    private readonly AkkaProcess coordinator = new(ConfigurationFactory.Empty, _ => { });
    private readonly AkkaProcess member = new(ConfigurationFactory.Empty, _ => { });
    private readonly AkkaNetwork listening;
    private readonly AkkaNetwork joining;
    private readonly ILink link;

    public AkkaNetworkTests()
    {
        coordinator.BeCoordinator(new CoordinatorSettings { Listen = new HostAndPort("127.0.0.1", 0), Security = Security, MinimumWorkers = 1 }, () => { });
        listening = new AkkaNetwork(coordinator, Options(heardByCoordinator), failure.SetResult);
        var address = listening.Listen(new HostAndPort("127.0.0.1", 0), "127.0.0.1");
        member.BeMember(new MemberSettings { Coordinator = address, Role = MemberRole.Worker, Security = Security });
        joining = new AkkaNetwork(member, Options(heardByMember), member.Fail);
        (link, _) = joining.Join(address, Patience, _ => { }, CancellationToken.None);
    }

    public void Dispose()
    {
        joining.Dispose();
        listening.Dispose();
        member.Dispose();
        coordinator.Dispose();
    }

    [Fact]
    public void Letters_arrive_in_order_both_ways()
    {
        for (var i = 0; i < 500; i++)
        {
            link.Send(Bytes($"there {i}"));
        }

        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"there {i}"), heardByCoordinator.Take(500));
        heardByCoordinator.Link!.Send(Bytes("back"));
        Assert.Equal(["back"], heardByMember.Take(1));
    }

    [Fact]
    public async Task A_link_that_is_closed_brings_what_was_sent_before()
    {
        link.Send(Bytes("last words"));
        link.Close("done");

        Assert.Equal(["last words"], heardByCoordinator.Take(1));
        Assert.Equal(("done", true), await heardByCoordinator.Lost.Task.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_bug_ends_this_process_and_tells_the_other_why()
    {
        heardByCoordinator.Bug = new InvalidOperationException("impossible");
        link.Send(Bytes("anything"));

        Assert.Same(heardByCoordinator.Bug, await failure.Task.WaitAsync(Patience));
        Assert.Contains("its process has failed: InvalidOperationException: impossible", (await heardByMember.Lost.Task.WaitAsync(Patience)).Reason, StringComparison.Ordinal);
        Assert.Same(heardByCoordinator.Bug, Assert.Throws<InvalidOperationException>(() => new AkkaNetwork(coordinator, Options(new Recorder()), _ => { })));
    }

    [Fact]
    public async Task A_peer_that_says_what_it_cannot_mean_is_dropped_and_told_so()
    {
        heardByCoordinator.Bug = new WireFormatException("that is nonsense");
        link.Send(Bytes("anything"));

        Assert.Contains("that is nonsense", (await heardByMember.Lost.Task.WaitAsync(Patience)).Reason, StringComparison.Ordinal);
        Assert.False(failure.Task.IsCompleted);
    }

    [Fact]
    public void A_member_of_the_cluster_finds_the_coordinator_by_itself() =>
        Assert.Equal(coordinator.Coordinates, member.Node!.FindCoordinator(Patience, CancellationToken.None));

    [Fact]
    public async Task The_end_of_a_node_is_the_end_of_its_links()
    {
        link.Send(Bytes("hello"));
        heardByCoordinator.Take(1);
        member.Node!.Dispose();

        Assert.False((await heardByCoordinator.Lost.Task.WaitAsync(Patience)).IsOrderly);
    }

    private static NetworkOptions Options(Recorder handler) => new() { Security = Security, Limits = new LinkLimits(), Handler = handler, Tell = _ => { } };

    private static byte[] Bytes(string text)
    {
        var bytes = new ArrayBufferWriter<byte>();
        MessageCodec.Write(bytes, new RunOver(text));
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>Notes what a link brings.</summary>
    private sealed class Recorder : ILinkHandler
    {
        private readonly BlockingCollection<string> sentences = [];

        public ILink? Link { get; private set; }

        /// <summary>Thrown at the next message.</summary>
        public Exception? Bug { get; set; }

        public TaskCompletionSource<(string Reason, bool IsOrderly)> Lost { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public List<string> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => sentences.TryTake(out var sentence, Patience) ? sentence : throw new TimeoutException())];

        void ILinkHandler.Received(ILink link, ReadOnlySpan<byte> message)
        {
            Link = link;
            if (Bug is not null)
            {
                throw Bug;
            }

            sentences.Add(((RunOver)MessageCodec.ReadNodeMessage(message, new WireLimits())).Sentence);
        }

        IIncomingTensors ILinkHandler.Open(ILink link, ActorAddress receiver, TensorKey key) => throw new WireFormatException("no tensors are expected");

        void ILinkHandler.Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message) => throw new WireFormatException("no tensors are expected");

        void ILinkHandler.Changed(ILink link, string sentence)
        {
        }

        void ILinkHandler.Lost(ILink link, string reason, bool isOrderly) => Lost.TrySetResult((reason, isOrderly));
    }
}
