using System.Collections;
using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.DataTransfer;

namespace DistTrain.Runtime.Tests.Wire;

/// <summary>Messages of any kind that mean something, made of drawn numbers: by the constructors that records have, and by rules for what not every value is right for.</summary>
internal sealed class RandomMessages(int[] genes)
{
    private const long LargestCounter = 1L << 53;
    private static readonly long[] Edges = [0, 1, 31, 127, 128, 255, 256, 65_535, 65_536, int.MaxValue];
    private static readonly MethodInfo ToArrayMethod = typeof(RandomMessages).GetMethod(nameof(ToArray), BindingFlags.NonPublic | BindingFlags.Static)!;
    private int used;

    /// <summary>All kinds of the family that can cross a network.</summary>
    public static IReadOnlyList<Type> KindsOf<T>() =>
        [.. typeof(T).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(T)) && !type.IsAbstract).OrderBy(type => type.Name, StringComparer.Ordinal)];

    public object Make(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Next(3) == 0 ? null! : Make(underlying);
        }

        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ImmutableArray<>))
        {
            return MakeArray(type.GetGenericArguments()[0]);
        }

        return type.IsEnum ? Enum.GetValues(type).GetValue(Next(Enum.GetValues(type).Length))! : MakeByRule(type) ?? MakeByConstructor(type);
    }

    /// <summary>Everything that a value holds, as text: the same for values that are the same, bit by bit. Handles are left out, which do not travel.</summary>
    public static string Describe(object? value) => value switch
    {
        null => "nothing",
        double number => BitConverter.DoubleToUInt64Bits(number).ToString("X16", CultureInfo.InvariantCulture),
        GradientHandle => "a handle",
        string or Guid or bool or Enum => $"'{value}'",
        IConvertible number => number.ToString(CultureInfo.InvariantCulture),
        IEnumerable items => $"[{string.Join(", ", items.Cast<object?>().Select(Describe))}]",
        _ => DescribeProperties(value),
    };

    private static string DescribeProperties(object value)
    {
        var text = new StringBuilder(value.GetType().Name).Append('(');
        foreach (var property in value.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            text.Append(CultureInfo.InvariantCulture, $"{property.Name} {Describe(property.GetValue(value))}; ");
        }

        return text.Append(')').ToString();
    }

    private object? MakeByRule(Type type) => type switch
    {
        _ when type == typeof(long) => Counter(0),
        _ when type == typeof(int) => (int)Math.Min(Counter(0), int.MaxValue),
        _ when type == typeof(bool) => Next(2) == 1,
        _ when type == typeof(double) => BitConverter.UInt64BitsToDouble(((ulong)Next(int.MaxValue) << 33) ^ (ulong)Next(int.MaxValue)),
        _ when type == typeof(string) => Text(),
        _ when type == typeof(byte) => (byte)Next(256),
        _ when type == typeof(Guid) => new Guid(Next(int.MaxValue), 2, 3, 4, 5, 6, 7, 8, 9, 10, (byte)Next(256)),
        _ when type == typeof(StepNumber) => new StepNumber(Counter(1)),
        _ when type == typeof(MiniBatch) => MiniBatch(),
        _ when type == typeof(WorkRange) => Range(int.MaxValue),
        _ when type == typeof(TreeNode) => TreeNode(Next(31)),
        _ when type == typeof(ShardMap) => new ShardMap(Counter(1), [.. Enumerable.Range(0, 1 + Next(4)).Select(_ => new NodeId(Next(9)))]),
        _ when type == typeof(ActorAddress) => new ActorAddress[] { ActorAddress.Coordinator, ActorAddress.Of(new ShardId(Next(9))), ActorAddress.Of(new WorkerId(Next(300))) }[Next(3)],
        _ when type == typeof(HostAndPort) => new HostAndPort("host" + Next(9), Next(65_536)),
        _ when type == typeof(DataFile) => new DataFile("images-" + used, Counter(0), Hash()),
        _ when type == typeof(FileRequested) => new FileRequested(Hash(), Counter(0)),
        _ when type == typeof(RunOffer) => new RunOffer(Text(), Text(), 1 + Next(100), Make<DataOffer>()),
        _ when type == typeof(TicketIssued) => new TicketIssued([1, .. (ImmutableArray<byte>)MakeArray(typeof(byte))]),
        _ when type == typeof(ActorEnvelope) => new ActorEnvelope(Make<ActorAddress>(), Make<ActorAddress>(), Counter(1), (ActorMessage)Make(Pick(KindsOf<ActorMessage>()))),
        _ when type == typeof(AssignMicroBatches) => Assignment(MiniBatch()),
        _ when type == typeof(StartServing) => OnMap(Make<ShardMap>(), (map, shard) => new StartServing(Make<Header>(), shard, map)),
        _ when type == typeof(ResumeServing) => OnMap(Make<ShardMap>(), (map, shard) => new ResumeServing(Make<Header>(), shard, map, Make<ServerState>())),
        _ when type == typeof(WorkerShare) => new WorkerShare(Make<WorkerId>(), Make<int>(), Next(2) == 0 ? null : Counter(1), Next(2) == 0 ? null : Counter(1)),
        _ => null,
    };

    private object MakeByConstructor(Type type)
    {
        var constructor = type.GetConstructors().OrderByDescending(candidate => candidate.GetParameters().Length).First();
        var parameters = constructor.GetParameters();
        var value = constructor.Invoke([.. parameters.Select(parameter => IsOptional(parameter) && Next(3) == 0 ? null : Make(parameter.ParameterType))]);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && parameters.All(parameter => parameter.Name != property.Name)))
        {
            property.SetValue(value, Make(property.PropertyType));
        }

        return value;
    }

    private object MakeArray(Type item)
    {
        object[] items = [.. Enumerable.Range(0, Next(4)).Select(_ => Make(item))];
        if (item == typeof(TreeNode))
        {
            items = [.. Enumerable.Range(0, items.Length).Select(index => (object)new TreeNode(Next(3), (10 * index) + Next(2)))];
            items = items.Cast<TreeNode>().Aggregate(new List<TreeNode>(), (kept, node) => kept.Count == 0 || node.First >= kept[^1].End ? [.. kept, node] : kept).Cast<object>().ToArray();
        }

        if (item == typeof(ShardHost))
        {
            items = [.. items.Cast<ShardHost>().DistinctBy(host => host.Node).OrderBy(host => host.Node)];
        }

        return ToArrayMethod.MakeGenericMethod(item).Invoke(null, [items])!;
    }

    private static ImmutableArray<T> ToArray<T>(object[] items) => [.. items.Cast<T>()];

    private static bool IsOptional(ParameterInfo parameter) => new NullabilityInfoContext().Create(parameter).ReadState == NullabilityState.Nullable && !parameter.ParameterType.IsValueType;

    private T Make<T>() => (T)Make(typeof(T));

    private AssignMicroBatches Assignment(MiniBatch batch) => new(Make<Header>(), batch, Range(batch.MicroBatchCount), Text()) { MeasuresNoise = Make<bool>() };

    private T OnMap<T>(ShardMap map, Func<ShardMap, ShardId, T> make) => make(map, new ShardId(Next(map.ShardCount)));

    private TreeNode TreeNode(int level) => new(level, Next(int.MaxValue >> level));

    private WorkRange Range(int most)
    {
        var first = Next(most);
        return new WorkRange(first, first + Next(Math.Min(most - first, 1000) + 1));
    }

    private MiniBatch MiniBatch()
    {
        var microBatches = 1 << Next(10);
        return new MiniBatch(new StepNumber(Counter(1)), 1 + Next(1000), Next(100_000), microBatches + Next(1000), microBatches);
    }

    private string Text() => string.Concat(Enumerable.Repeat(Pick(["a", "größer ", "", "消", "🙂"]), Next(40)));

    private string Hash() => string.Concat(Enumerable.Range(0, 64).Select(_ => "0123456789abcdef"[Next(16)]));

    private long Counter(long least) => Math.Max(least, Next(4) == 0 ? LargestCounter - Next(3) : Pick(Edges) + Next(2));

    private T Pick<T>(IReadOnlyList<T> items) => items[Next(items.Count)];

    /// <summary>From 0 to one before <paramref name="end"/>.</summary>
    private int Next(int end)
    {
        used++;
        var gene = genes.Length == 0 ? 0 : genes[used % genes.Length];
        return (int)((((uint)gene * 2_654_435_761u) ^ ((uint)used * 0x9E37_79B9u)) % (uint)end);
    }
}
