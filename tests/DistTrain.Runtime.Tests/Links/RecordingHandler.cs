using System.Collections.Concurrent;
using DistTrain.Actors;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.Links;

namespace DistTrain.Runtime.Tests.Links;

/// <summary>Remembers what a link's handler was told.</summary>
internal sealed class RecordingHandler : ILinkHandler
{
    private readonly object gate = new();
    private int callers;
    private string? fault;

    public List<byte[]> Messages { get; } = [];

    public List<ReceivedTensors> Tensors { get; } = [];

    public ConcurrentQueue<ReceivedTensors> Opened { get; } = new();

    public ConcurrentQueue<string> Changes { get; } = new();

    /// <summary>How long the segments are to be of what comes.</summary>
    public Func<TensorKey, int[]> Shape { get; set; } = _ => [];

    public Action<ILink, byte[]>? OnMessage { get; set; }

    public Action<ILink, ReceivedTensors>? OnTensors { get; set; }

    public (string Reason, bool IsOrderly)? Ending { get; private set; }

    public void Received(ILink link, ReadOnlySpan<byte> message)
    {
        var copy = message.ToArray();
        Alone(() =>
        {
            lock (gate)
            {
                Messages.Add(copy);
            }

            OnMessage?.Invoke(link, copy);
        });
    }

    public IIncomingTensors Open(ILink link, ActorAddress receiver, TensorKey key)
    {
        ReceivedTensors? tensors = null;
        Alone(() =>
        {
            tensors = new ReceivedTensors(receiver, key, Shape(key));
            Opened.Enqueue(tensors);
        });
        return tensors!;
    }

    public void Received(ILink link, ActorAddress receiver, IIncomingTensors tensors, ReadOnlySpan<byte> message)
    {
        var received = (ReceivedTensors)tensors;
        received.Message = message.ToArray();
        Alone(() =>
        {
            received.Complete(null!);
            lock (gate)
            {
                Tensors.Add(received);
            }

            OnTensors?.Invoke(link, received);
        });
    }

    public void Changed(ILink link, string sentence) => Alone(() => Changes.Enqueue(sentence));

    public void Lost(ILink link, string reason, bool isOrderly) => Alone(() => Ending = (reason, isOrderly));

    /// <summary>Waits until something holds; two minutes are for machines that do much else.</summary>
    public void WaitFor(Func<RecordingHandler, bool> condition, string what = "what was waited for")
    {
        var deadline = Environment.TickCount64 + 120_000;
        lock (gate)
        {
            while (!condition(this))
            {
                Assert.Null(fault);
                Assert.True(Ending is null || condition(this), $"the link ended before {what}: {Ending?.Reason}");
                Assert.True(Environment.TickCount64 < deadline, $"{what} did not come");
                Monitor.Wait(gate, 100);
            }
        }

        Assert.Null(fault);
    }

    public (string Reason, bool IsOrderly) WaitForEnding()
    {
        WaitFor(handler => handler.Ending is not null, "the ending");
        return Ending!.Value;
    }

    /// <summary>Carries out a call, and takes note if it is not the only one or comes after the last.</summary>
    private void Alone(Action call)
    {
        if (Interlocked.Increment(ref callers) != 1)
        {
            fault = "two calls came at once";
        }

        if (Ending is not null)
        {
            fault = "a call came after the last";
        }

        try
        {
            call();
        }
        finally
        {
            Interlocked.Decrement(ref callers);
            lock (gate)
            {
                Monitor.PulseAll(gate);
            }
        }
    }
}

/// <summary>Memory that a peer fills.</summary>
internal sealed class ReceivedTensors(ActorAddress receiver, TensorKey key, int[] lengths) : IIncomingTensors
{
    private int endings;

    public ActorAddress Receiver => receiver;

    public TensorKey Key => key;

    public float[][] Arrays { get; } = [.. lengths.Select(length => new float[length])];

    public IReadOnlyList<Memory<float>> Segments => [.. Arrays.Select(array => array.AsMemory())];

    public byte[] Message { get; set; } = [];

    public bool IsAbandoned { get; private set; }

    public bool IsEndedOnce => endings == 1;

    public ActorMessage Complete(ActorMessage message)
    {
        Interlocked.Increment(ref endings);
        return message;
    }

    public void Abandon()
    {
        Interlocked.Increment(ref endings);
        IsAbandoned = true;
    }
}

/// <summary>Tensors to be sent: each number is a function of the key's version and its place, so that the other side can tell what belongs where.</summary>
internal sealed class SentTensors : IOutgoingTensors
{
    private readonly float[][] arrays;
    private int releases;

    public SentTensors(TensorKey key, params int[] lengths)
    {
        Key = key;
        arrays = [.. lengths.Select((length, segment) => Enumerable.Range(0, length).Select(place => Value(key, segment, place)).ToArray())];
    }

    public TensorKey Key { get; }

    public IReadOnlyList<ReadOnlyMemory<float>> Segments => [.. arrays.Select(array => (ReadOnlyMemory<float>)array)];

    public bool IsReleasedOnce => Volatile.Read(ref releases) == 1;

    public static WeightsKey Weights(long version) => new(new Incarnation(1), new ShardId(0), new WeightVersion(version));

    public static void AssertWhole(ReceivedTensors received)
    {
        for (var segment = 0; segment < received.Arrays.Length; segment++)
        {
            for (var place = 0; place < received.Arrays[segment].Length; place++)
            {
                if (received.Arrays[segment][place] != Value(received.Key, segment, place))
                {
                    Assert.Fail($"version {received.Key.Version}, segment {segment}, place {place}: {received.Arrays[segment][place]}");
                }
            }
        }
    }

    public void Dispose()
    {
        Interlocked.Increment(ref releases);

        // Whoever still sends from here is seen by the other side.
        foreach (var array in arrays)
        {
            Array.Fill(array, float.NaN);
        }
    }

    private static float Value(TensorKey key, int segment, int place) => ((key.Version.Value * 31) + (segment * 7) + place) % 65_521;
}
