using System.Globalization;
using System.Text;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Reduction;
using DistTrain.Tests.Shared;
using Xunit.Abstractions;

namespace DistTrain.Engines.Simd.Tests;

/// <summary>
/// The table of operations, from what the registry's cases really give. To see it: <c>dotnet test -c Release tests/DistTrain.Engines.Simd.Tests --filter OperationTable --logger "console;verbosity=detailed"</c>.
/// </summary>
public sealed class OperationTableTests(ITestOutputHelper output)
{
    private const double GradientTolerance = 1e-7;

    [Fact]
    public void Every_layer_kind_and_every_loss_is_checked_three_ways()
    {
        KernelPath[] paths = [.. Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported)];
        var results = OperationCases.All.ToDictionary(one => one, one => Check(one, paths));
        var table = new StringBuilder().AppendLine(Row("operation", "cases", "gradient check", "SIMD = reference", "equal widths"));
        var faults = new List<string>();
        foreach ((string operation, bool isLoss) in LayerCatalog.Kinds.Select(kind => (kind, false)).Concat(Loss.Names.Select(name => (name, true))))
        {
            CaseResult[] covering = [.. results.Where(entry => isLoss ? entry.Key.Loss.Name == operation : entry.Key.Layers.Any(layer => layer.Kind == operation)).Select(entry => entry.Value)];
            string name = isLoss ? $"loss {operation}" : operation;
            if (covering.Length == 0)
            {
                faults.Add($"{name} has no case in OperationCases");
                continue;
            }

            double error = covering.Max(result => result.GradientError);
            KernelPath[] equal = [.. paths.Where(path => covering.All(result => result.EqualPaths.Contains(path)))];
            table.AppendLine(Row(
                name,
                covering.Length.ToString(CultureInfo.InvariantCulture),
                error <= GradientTolerance ? string.Create(CultureInfo.InvariantCulture, $"yes ({error:0.0e+0})") : "NO",
                equal.Contains(KernelPaths.Best) ? $"yes ({KernelPaths.Best})" : "NO",
                string.Join(", ", equal)));
            if (!(error <= GradientTolerance) || equal.Length < paths.Length)
            {
                faults.Add($"{name} fails one of its checks");
            }
        }

        output.WriteLine(table.ToString());
        Assert.True(faults.Count == 0, string.Join("; ", faults));
    }

    private static CaseResult Check(OperationCase one, KernelPath[] paths)
    {
        (double error, _) = new GradientCheck(one, [0, 1, 3]).LargestError();
        var run = new CaseRun(one, 7, 4);
        (float[][] Gradients, NodeStatistics[] Statistics) expected = run.Gradient(new ReferenceEngine(), 0, 4);
        return new CaseResult(error, [.. paths.Where(path => IsEqual(expected, run.Gradient(new SimdEngine(path), 0, 4)))]);
    }

    private static bool IsEqual((float[][] Gradients, NodeStatistics[] Statistics) expected, (float[][] Gradients, NodeStatistics[] Statistics) actual) =>
        expected.Statistics.SequenceEqual(actual.Statistics)
        && expected.Gradients.Zip(actual.Gradients).All(pair => pair.First.Zip(pair.Second).All(elements => Bits.Equal(elements.First, elements.Second)));

    private static string Row(string operation, string cases, string gradient, string simd, string widths) => $"{operation,-26} {cases,6}  {gradient,-16} {simd,-17} {widths}";

    /// <param name="GradientError">The largest deviation from the central difference.</param>
    /// <param name="EqualPaths">The kernel paths that give the reference engine's bits.</param>
    private sealed record CaseResult(double GradientError, KernelPath[] EqualPaths);
}
