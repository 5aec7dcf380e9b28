using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Tests.Shared;
using FsCheck;
using FsCheck.Fluent;

namespace DistTrain.Engines.Simd.Tests;

/// <summary>The registry's cases are chosen; these graphs are not.</summary>
public sealed class RandomGraphTests
{
    /// <summary>Fixed, so that a failure comes again; another start is other graphs.</summary>
    private const ulong Seed = 20_260_131;

    [Theory]
    [MemberData(nameof(Paths.Supported), MemberType = typeof(Paths))]
    public void Any_graph_has_the_reference_engines_bits(KernelPath path)
    {
        var kinds = new HashSet<string>(StringComparer.Ordinal);
        Gen<int[]> numbers = Gen.Choose(0, int.MaxValue - 1).ArrayOf(14);
        Property property = Prop.ForAll(numbers.ToArbitrary(), (int[] genes) =>
        {
            ModelGraph graph = RandomGraph.Grow(genes);
            kinds.UnionWith(graph.Nodes.Select(node => node.Operation.Kind));
            int last = genes.Length == 0 ? 0 : genes[^1];
            var run = new CaseRun(new OperationCase("random", graph.InputShape, []), graph, 1 + (last % 19), last % 3 == 0 ? null : 1 << (last % 4));
            OperationBitsTests.AssertEqualGradients(run, path, 0, run.MicroBatchCount, Describe(graph));
            OperationBitsTests.AssertTellsOfTensors(run, new SimdEngine(path), 0, run.MicroBatchCount, Describe(graph));
            Bits.AssertEqual(run.Outputs(new ReferenceEngine(), 0, 1), run.Outputs(new SimdEngine(path), 0, 1), Describe(graph));
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(100).WithReplay(Seed, 1), property);
        string[] missing = [.. LayerCatalog.Kinds.Except(kinds).Except(["output", "embedding"])];
        Assert.True(missing.Length == 0, $"no random graph had a layer of kind {string.Join(", ", missing)}");
    }

    private static string Describe(ModelGraph graph) =>
        string.Join("; ", graph.Nodes.Select(node => $"{node.Name}({string.Join(", ", node.Inputs.Select(input => graph.Nodes[input].Name))}) {node.Operation} {node.OutputShape}"));
}
