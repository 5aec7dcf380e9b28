using DistTrain.Cli.Tests.Support;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;

namespace DistTrain.Cli.Tests.Commands;

public sealed class ModelsCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void Everything_that_can_be_written_is_listed()
    {
        var plain = sandbox.Run("models");
        Assert.Equal(ExitCode.Success, plain.ExitCode);
        Assert.All(NamedModels.All, model => Assert.Contains(plain.OutputLines, line => line.TrimStart().StartsWith(model.Form + " ", StringComparison.Ordinal)));
        Assert.All(
            LayerCatalog.Kinds.Select(LayerCatalog.Find),
            kind => Assert.Contains(plain.OutputLines, line => (line + ":").StartsWith($"  {kind.Name}:", StringComparison.Ordinal) && kind.Settings.All(setting => line.Contains(setting.Name, StringComparison.Ordinal))));
        foreach (var word in Loss.Names.Concat(OptimizerChain.Names).Concat(Schedule.Names).Append(InitializerCatalog.What))
        {
            Assert.Contains(word, plain.Output, StringComparison.Ordinal);
        }

        var json = Assert.Single(sandbox.Run("models", "--json").JsonLines);
        Assert.Equal(NamedModels.All.Select(model => model.Name), json.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()));
        Assert.Equal(LayerCatalog.Kinds, json.GetProperty("layerKinds").EnumerateArray().Select(kind => kind.GetProperty("kind").GetString()!));
    }

    [Fact]
    public void Counts_are_those_of_the_model_on_the_data_that_is_asked_for()
    {
        var digits = Assert.Single(sandbox.Run("models", "mlp:512,512", "--json").JsonLines);
        Assert.Equal((64 * 512) + 512 + (512 * 512) + 512 + (512 * 10) + 10, digits.GetProperty("parameterCount").GetInt32());
        Assert.Equal([32 * 1024 + 512, 512 * 512 + 512, 5130], digits.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("parameters").GetInt32()).Where(count => count > 0));

        // Outputs and gradients of the layers behind the first are the least that a sample needs.
        Assert.InRange(digits.GetProperty("bytesPerSample").GetInt64(), 2 * 4 * (512 + 512 + 10), 4 * 4 * (64 + 64 + (4 * 512) + 10));
        var spirals = sandbox.Run("models", "mlp:512,512", "--data", "synthetic:spirals?classes=4").Output;
        Assert.Contains($"{(2 * 512) + 512 + (512 * 512) + 512 + (512 * 4) + 4:N0} parameters", spirals, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_that_does_not_suit_the_data_is_listed_with_the_reason_and_refused_alone()
    {
        var all = sandbox.Run("models", "--data", "synthetic:spirals");
        Assert.Equal(ExitCode.Success, all.ExitCode);
        Assert.Contains(all.OutputLines, line => line.Contains("cnn does not suit this data", StringComparison.Ordinal) && line.Contains("[2]", StringComparison.Ordinal));
        sandbox.Run("models", "cnn", "--data", "synthetic:spirals").AssertRefused(ExitCode.WrongUsage);
        sandbox.Run("models", "mlp:0").AssertRefused(ExitCode.WrongUsage);
        sandbox.Run("models", "--data", "npz:missing.npz").AssertRefused(ExitCode.BadData);
    }
}
