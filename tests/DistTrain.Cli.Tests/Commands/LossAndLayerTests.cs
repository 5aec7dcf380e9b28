using System.Globalization;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>Losses and layers as a user reaches them: through flags and files, to training, evaluation and prediction.</summary>
public sealed class LossAndLayerTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    private string Run => sandbox.At("run");

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void Two_classes_under_binary_cross_entropy_share_one_output_from_training_to_prediction()
    {
        var table = sandbox.Write("table.csv", string.Concat(Enumerable.Range(0, 80).Select(i => $"{i},{(i < 40 ? "low" : "high")}\n")));
        string[] flags = ["--data", $"csv:{table}", "--model", "logistic", "--epochs", "60", "--loss", "binary-cross-entropy", "--label-smoothing", "0.1", "--run", Run];
        var trained = sandbox.Run(["train", .. flags]);
        Assert.Equal(ExitCode.Success, trained.ExitCode);
        Assert.Contains("binary-cross-entropy, label smoothing 0.1", trained.Output, StringComparison.Ordinal);
        var model = Assert.Single(sandbox.Run("inspect", Run, "--json").JsonLines);
        Assert.Equal(2, model.GetProperty("parameterCount").GetInt32());
        Assert.InRange(Assert.Single(sandbox.Run("evaluate", Run, "--json").JsonLines).GetProperty("accuracy").GetDouble(), 0.8, 1);
        var predicted = sandbox.Run("predict", Run, "--data", $"csv:{table}").OutputLines.Select(line => line.Split('\t')).ToArray();
        Assert.Equal(("low", "high"), (predicted[0][0], predicted[^1][0]));
        Assert.All(predicted, row => Assert.InRange(double.Parse(row[1], CultureInfo.InvariantCulture), 0.5, 1));
    }

    [Fact]
    public void Every_loss_and_layer_can_be_written_down_and_trains()
    {
        var table = sandbox.Write("table.csv", string.Concat(Enumerable.Range(0, 60).Select(i => $"{i % 7},{i % 5},{i % 2}\n")));
        foreach (var (loss, task) in new[] { ("dice", "regression"), ("huber", "regression"), ("mae", "regression"), ("mae", "classification"), ("binary-cross-entropy", "regression") })
        {
            Assert.Equal(ExitCode.Success, sandbox.Run("train", "--data", $"csv:{table}", "--task", task, "--model", "mlp:4", "--epochs", "1", "--loss", loss, "--run", sandbox.At($"{loss}-{task}")).ExitCode);
        }

        var file = sandbox.Write(
            "layers.yaml",
            $$"""
            data: csv:{{table}}
            scaling: none
            epochs: 1
            model:
              - embedding: {vocabulary: 7, dimensions: 3, initializer: normal:0.5}
              - flatten
              - dense: {units: 9, initializer: orthogonal}
              - leaky-relu: {slope: 0.2}
              - dropout: {rate: 0.2}
              - dense: {units: 5}
              - gelu: {approximation: tanh}
              - elu: {alpha: 0.5}
              - swish
              - sigmoid
              - softmax
              - output
            """);
        Assert.Equal(ExitCode.Success, sandbox.Run("train", "--config", file, "--run", Run).ExitCode);
        Assert.Equal(ExitCode.Success, sandbox.Run("evaluate", Run).ExitCode);

        var scaled = sandbox.Run("train", "--config", file, "--scaling", "standard", "--run", sandbox.At("scaled")).AssertRefused(ExitCode.WrongUsage);
        Assert.Contains("layer embedding1 needs whole token numbers from 0 to 6", scaled, StringComparison.Ordinal);
        var strange = sandbox.Write("strange.csv", "3,9,1\n");
        Assert.Contains("sample 0 has 9", sandbox.Run("predict", Run, "--data", $"csv:{strange}").AssertRefused(ExitCode.BadData), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--loss dice", "the dice loss needs values from 0 to 1")]
    [InlineData("--loss binary-cross-entropy", "the binary-cross-entropy loss tells two classes apart, but the data has 10")]
    [InlineData("--loss mse --label-smoothing 0.1", "label-smoothing means nothing to the loss 'mse'")]
    [InlineData("--label-smoothing 1", "--label-smoothing must be")]
    [InlineData("--huber-delta 0", "--huber-delta must be")]
    public void What_does_not_suit_is_refused_in_one_sentence(string arguments, string reason) =>
        Assert.Contains(reason, sandbox.Run(["train", .. arguments.Split(' '), "--run", Run]).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Theory]
    [InlineData("softmax")]
    [InlineData("sigmoid")]
    public void A_model_that_ends_in_what_its_loss_applies_is_refused(string last)
    {
        var file = sandbox.Write("model.yaml", $"model:\n  - flatten\n  - output\n  - {last}\n");
        Assert.Contains($"the model ends in a {last} layer ({last}1)", sandbox.Run("train", "--config", file, "--run", Run).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }
}
