using System.Numerics;
using System.Runtime.InteropServices;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;

namespace DistTrain.Cli.Benchmarking;

/// <summary>
/// One of two processes that exchange gradients as in a training step with a shard on each: it sends half of its gradient, adds the half that comes to its own, and sends the sum back. What the actors and
/// their messages cost is not in it.
/// </summary>
public sealed class ExchangeSide : ILinkHandler
{
    private readonly object gate = new();
    private readonly float[] own;
    private readonly float[] mine;
    private readonly float[] arrivedGradient;
    private readonly float[] arrivedSum;
    private readonly int pieceCount;
    private int gradientsLeft;
    private int sumsLeft;
    private int pings;
    private string? ending;

    /// <param name="elements">Of the whole gradient.</param>
    /// <param name="pieceCount">Transfers into which a half is cut; each is added while the next ones arrive.</param>
    public ExchangeSide(int elements, int pieceCount)
    {
        this.pieceCount = pieceCount;
        own = Filled(elements / 2);
        mine = Filled(elements / 2);
        arrivedGradient = Filled(elements / 2);
        arrivedSum = Filled(elements / 2);
    }

    public void Exchange(ILink link, long step)
    {
        lock (gate)
        {
            gradientsLeft += pieceCount;
            sumsLeft += pieceCount;
        }

        for (var piece = 0; piece < pieceCount; piece++)
        {
            link.Send(ActorAddress.Coordinator, new Part(new GradientKey(default, new ShardId(piece), new WeightVersion(step), default, default, new TreeNode(0, 0)), Range(own, piece)), [1]);
        }

        lock (gate)
        {
            while (gradientsLeft > 0 || sumsLeft > 0)
            {
                Wait();
            }
        }
    }

    /// <summary>Sends control messages and waits for the peer's.</summary>
    public void Ping(ILink link, int count = 1)
    {
        ArgumentNullException.ThrowIfNull(link);
        for (var i = 0; i < count; i++)
        {
            link.Send([2]);
        }

        lock (gate)
        {
            while (pings < count)
            {
                Wait();
            }

            pings -= count;
        }
    }

    /// <summary>Answers control messages by itself until the peer ends the link.</summary>
    public bool IsEcho { get; init; }

    public void WaitForEnd()
    {
        lock (gate)
        {
            while (ending is null)
            {
                Monitor.Wait(gate);
            }
        }
    }

    public void Received(ILink link, ReadOnlySpan<byte> message)
    {
        if (IsEcho)
        {
            link.Send(message);
            return;
        }

        lock (gate)
        {
            pings++;
            Monitor.PulseAll(gate);
        }
    }

    public IIncomingTensors Open(ILink link, ActorAddress receiver, TensorKey key) => new Place(key, Range(key is GradientKey ? arrivedGradient : arrivedSum, key.Shard.Value));

    public void Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message)
    {
        var place = (Place)tensors;
        if (place.Key is GradientKey key)
        {
            var sum = Range(mine, key.Shard.Value);
            Add(sum.Span, place.Memory.Span);
            link.Send(receiver, new Part(new WeightsKey(default, key.Shard, key.Version), sum), [1]);
        }

        lock (gate)
        {
            gradientsLeft -= place.Key is GradientKey ? 1 : 0;
            sumsLeft -= place.Key is GradientKey ? 0 : 1;
            Monitor.PulseAll(gate);
        }
    }

    public void Changed(ILink link, string sentence) => Console.Error.WriteLine(sentence);

    public void Lost(ILink link, string reason, bool isOrderly)
    {
        lock (gate)
        {
            ending = reason;
            Monitor.PulseAll(gate);
        }
    }

    private static float[] Filled(int count)
    {
        var values = new float[count];
        Array.Fill(values, 1e-3f);
        return values;
    }

    private static void Add(Span<float> sum, ReadOnlySpan<float> other)
    {
        var sums = MemoryMarshal.Cast<float, Vector<float>>(sum);
        var others = MemoryMarshal.Cast<float, Vector<float>>(other);
        for (var i = 0; i < sums.Length; i++)
        {
            sums[i] += others[i];
        }

        for (var i = sums.Length * Vector<float>.Count; i < sum.Length; i++)
        {
            sum[i] += other[i];
        }
    }

    private void Wait()
    {
        if (ending is not null)
        {
            throw new InvalidOperationException(ending);
        }

        Monitor.Wait(gate);
    }

    private Memory<float> Range(float[] half, int piece)
    {
        var first = (int)((long)half.Length * piece / pieceCount);
        return half.AsMemory(first, (int)((long)half.Length * (piece + 1) / pieceCount) - first);
    }

    private sealed class Part(TensorKey key, ReadOnlyMemory<float> memory) : IOutgoingTensors
    {
        public TensorKey Key => key;

        public IReadOnlyList<ReadOnlyMemory<float>> Segments { get; } = [memory];

        public void Dispose()
        {
        }
    }

    private sealed class Place(TensorKey key, Memory<float> memory) : IIncomingTensors
    {
        public TensorKey Key => key;

        public Memory<float> Memory => memory;

        public IReadOnlyList<Memory<float>> Segments { get; } = [memory];

        public ActorMessage Complete(ActorMessage message) => message;

        public void Abandon()
        {
        }
    }
}
