namespace DistTrain.Engines.Simd.Tests;

/// <summary>The kernel paths that this machine can run: tests compare each with the naive definition, so they compare them with one another too.</summary>
public static class Paths
{
    public static TheoryData<KernelPath> Supported { get; } = [.. Enum.GetValues<KernelPath>().Where(KernelPaths.IsSupported)];
}
