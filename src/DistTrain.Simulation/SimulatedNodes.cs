using DistTrain.Learning.Numerics;

namespace DistTrain.Simulation;

/// <summary>A file or a folder of a simulated disk. Folders refer to it by name, more than one of them perhaps after a crash.</summary>
internal abstract class SimulatedNode
{
    public abstract long LengthBytes { get; }

    /// <summary>What is found of it when the machine runs again.</summary>
    /// <param name="random">Draws what is lost.</param>
    /// <param name="survivors">Of what was looked at already: a node that two names refer to is one afterwards too.</param>
    protected abstract SimulatedNode Survivor(ref CounterBasedRandom random, Dictionary<SimulatedNode, SimulatedNode> survivors);

    protected static SimulatedNode SurvivorOf(SimulatedNode node, ref CounterBasedRandom random, Dictionary<SimulatedNode, SimulatedNode> survivors)
    {
        if (!survivors.TryGetValue(node, out var survivor))
        {
            survivors.Add(node, survivor = node.Survivor(ref random, survivors));
        }

        return survivor;
    }
}

/// <summary>Bytes, of which the first so many are on the device.</summary>
internal sealed class SimulatedFile : SimulatedNode
{
    /// <summary>What may become of the bytes that are not flushed, behind those that reached the device in order.</summary>
    private enum Tear
    {
        Cut,
        Zeros,
        Noise,
        Hole,
    }

    private readonly List<byte> content = [];
    private int flushedBytes;

    public override long LengthBytes => content.Count;

    public IReadOnlyList<byte> Content => content;

    public void Append(ReadOnlySpan<byte> bytes) => content.AddRange(bytes);

    public void Flush() => flushedBytes = content.Count;

    protected override SimulatedNode Survivor(ref CounterBasedRandom random, Dictionary<SimulatedNode, SimulatedNode> survivors)
    {
        var survivor = new SimulatedFile();
        var unsure = content.Count - flushedBytes;
        var kept = flushedBytes + Draw(ref random, unsure);
        survivor.content.AddRange(content.Take(kept));
        if (kept < content.Count)
        {
            // The length of a file may reach the device before its bytes, and bytes out of order.
            var tear = (Tear)random.BoundedUInt(4);
            var grown = tear == Tear.Cut ? 0 : Draw(ref random, content.Count - kept);
            for (var i = 0; i < grown; i++)
            {
                survivor.content.Add(tear == Tear.Noise ? (byte)random.NextUInt() : (byte)0);
            }

            if (tear == Tear.Hole)
            {
                survivor.content.AddRange(content.Skip(kept + grown));
            }
        }

        survivor.Flush();
        return survivor;
    }

    /// <summary>From 0 to <paramref name="most"/>; the ends are as likely as all that lies between them.</summary>
    private static int Draw(ref CounterBasedRandom random, int most) => random.BoundedUInt(4) switch
    {
        0 => 0,
        1 => most,
        _ => (int)random.BoundedUInt((uint)most + 1),
    };
}

/// <summary>Names, and the changes to them that are not on the device.</summary>
internal sealed class SimulatedFolder : SimulatedNode
{
    private readonly SortedDictionary<string, SimulatedNode> names = new(StringComparer.Ordinal);
    private readonly List<Change> unflushed = [];
    private SortedDictionary<string, SimulatedNode> flushed = new(StringComparer.Ordinal);

    public override long LengthBytes => names.Values.Sum(node => node.LengthBytes);

    public IReadOnlyList<string> Names => [.. names.Keys];

    public SimulatedNode? Find(string name) => names.GetValueOrDefault(name);

    public T Add<T>(string name, T node)
        where T : SimulatedNode
    {
        Make(new Change(null, name, node));
        return node;
    }

    public void Rename(string from, string to) => Make(new Change(from, to, names[from]));

    public void Remove(string name) => Make(new Change(name, null, names[name]));

    /// <summary>Removes everything, innermost first, as a system does that has no call to remove a folder that is not empty.</summary>
    public void Clear()
    {
        foreach (var (name, node) in names.ToArray())
        {
            (node as SimulatedFolder)?.Clear();
            Remove(name);
        }
    }

    public void Flush()
    {
        flushed = new SortedDictionary<string, SimulatedNode>(names, StringComparer.Ordinal);
        unflushed.Clear();
    }

    /// <inheritdoc cref="SimulatedNode.Survivor"/>
    public SimulatedFolder AfterCrash(ref CounterBasedRandom random, Dictionary<SimulatedNode, SimulatedNode> survivors) => (SimulatedFolder)Survivor(ref random, survivors);

    protected override SimulatedNode Survivor(ref CounterBasedRandom random, Dictionary<SimulatedNode, SimulatedNode> survivors)
    {
        var left = new SortedDictionary<string, SimulatedNode>(flushed, StringComparer.Ordinal);

        // A file system with a log of its own loses the last changes; one without may lose any.
        var isLogged = random.BoundedUInt(2) == 0;
        var firstLost = (int)random.BoundedUInt((uint)unflushed.Count + 1);
        for (var i = 0; i < unflushed.Count; i++)
        {
            if (isLogged ? i < firstLost : random.BoundedUInt(2) == 0)
            {
                Apply(unflushed[i], left);
            }
        }

        var survivor = new SimulatedFolder();
        foreach (var (name, node) in left)
        {
            survivor.names.Add(name, SurvivorOf(node, ref random, survivors));
        }

        survivor.Flush();
        return survivor;
    }

    private void Make(Change change)
    {
        Apply(change, names);
        unflushed.Add(change);
    }

    private static void Apply(Change change, SortedDictionary<string, SimulatedNode> names)
    {
        if (change.From is { } from && names.GetValueOrDefault(from) == change.Node)
        {
            names.Remove(from);
        }

        if (change.To is { } to)
        {
            names[to] = change.Node;
        }
    }

    /// <summary>One change of a name, which happens as a whole or not at all.</summary>
    /// <param name="From">The name that it takes away; null for none.</param>
    /// <param name="To">The name that it gives; null for none.</param>
    private sealed record Change(string? From, string? To, SimulatedNode Node);
}
