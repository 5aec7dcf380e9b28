using System.Globalization;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>evaluate, predict and inspect: what can be done with a run directory.</summary>
public sealed class StoredModelTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    private string Run => sandbox.At("run");

    [Fact]
    public void Evaluating_a_run_gives_the_accuracy_it_ended_with()
    {
        var finished = sandbox.Train("--epochs", "6", "--json").JsonLines[^1];
        var json = sandbox.Run("evaluate", Run, "--json");
        Assert.Equal(ExitCode.Success, json.ExitCode);
        var evaluation = Assert.Single(json.JsonLines);
        Assert.Equal(finished.GetProperty("testAccuracy").GetDouble(), evaluation.GetProperty("accuracy").GetDouble());
        Assert.Equal(finished.GetProperty("testLoss").GetDouble(), evaluation.GetProperty("loss").GetDouble(), 6);
        Assert.Equal(finished.GetProperty("weightsHash").GetString(), evaluation.GetProperty("weightsHash").GetString());

        var confusion = evaluation.GetProperty("confusion").EnumerateArray().Select(row => row.EnumerateArray().Select(cell => cell.GetInt32()).ToArray()).ToArray();
        Assert.Equal(359, confusion.Sum(row => row.Sum()));
        Assert.Equal(finished.GetProperty("testAccuracy").GetDouble(), Enumerable.Range(0, 10).Sum(i => confusion[i][i]) / 359.0, 12);

        var plain = sandbox.Run("evaluate", Run);
        Assert.DoesNotContain('\u001b', plain.Output);
        Assert.Contains("rows are the actual class", plain.Output, StringComparison.Ordinal);
        Assert.Contains(confusion[3][3].ToString(CultureInfo.InvariantCulture), plain.OutputLines.First(line => line.TrimStart().StartsWith("3 ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_is_predicted_with_the_scaling_and_the_classes_of_its_training()
    {
        // Class depends on the sign of the first column; its scale and the order in which the classes appear differ from those of the new samples.
        var rows = Enumerable.Range(-100, 200).Select(i => $"{i * 1000 + 500};{i % 7};{(i < 0 ? "below" : "above")}\n");
        var table = sandbox.Write("table.csv", "x;noise;side\n" + string.Concat(rows));
        string[] data = ["--data", $"csv:{table}", "--label", "side", "--separator", "semicolon"];
        Assert.Equal(ExitCode.Success, sandbox.Run(["train", "--model", "mlp:8", "--epochs", "20", "--run", Run, .. data]).ExitCode);

        var unlabelled = sandbox.Write("new.csv", "x;noise\n60000;1\n-70000;2\n90000;3\n");
        var predicted = sandbox.Run("predict", Run, "--data", $"csv:{unlabelled}", "--label", "none");
        Assert.Equal("", predicted.Error);
        Assert.Equal(["above", "below", "above"], predicted.OutputLines.Select(line => line.Split('\t')[0]));
        Assert.All(predicted.OutputLines, line => Assert.InRange(double.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture), 0.6, 1));

        var json = sandbox.Run("predict", Run, "--data", $"csv:{unlabelled}", "--label", "none", "--json").JsonLines;
        Assert.Equal([0, 1, 2], json.Select(line => line.GetProperty("sample").GetInt32()));
        Assert.Equal("below", json[1].GetProperty("label").GetString());
        Assert.InRange(json[1].GetProperty("probability").GetDouble(), 0.6, 1);

        // The run's own way to write tables holds for others as long as nothing else is said.
        var labelled = sandbox.Write("more.csv", "x;noise;side\n60000;1;above\n-70000;2;below\n90000;3;below\n");
        var evaluation = sandbox.Run("evaluate", Run, "--data", $"csv:{labelled}", "--json");
        Assert.Equal(2.0 / 3, Assert.Single(evaluation.JsonLines).GetProperty("accuracy").GetDouble(), 12);
        Assert.Contains("has no labels", sandbox.Run("evaluate", Run, "--data", $"csv:{unlabelled}", "--label", "none").AssertRefused(ExitCode.BadData), StringComparison.Ordinal);
        sandbox.Run("predict", Run, "--data", "digits").AssertRefused(ExitCode.BadData);
    }

    [Fact]
    public void Data_that_changed_since_the_training_is_not_taken_for_the_test_part()
    {
        var table = sandbox.Write("table.csv", string.Concat(Enumerable.Range(0, 60).Select(i => $"{i},{(i < 30 ? "a" : "b")}\n")));
        Assert.Equal(ExitCode.Success, sandbox.Run("train", "--model", "logistic", "--epochs", "1", "--data", $"csv:{table}", "--run", Run).ExitCode);
        Assert.Equal(ExitCode.Success, sandbox.Run("evaluate", Run).ExitCode);
        sandbox.Write("table.csv", string.Concat(Enumerable.Range(0, 61).Select(i => $"{i},{(i < 30 ? "a" : "b")}\n")));
        Assert.Contains("has changed since the training", sandbox.Run("evaluate", Run).AssertRefused(ExitCode.BadData), StringComparison.Ordinal);
    }

    [Fact]
    public void Values_are_predicted_as_values()
    {
        var table = sandbox.Write("table.csv", string.Concat(Enumerable.Range(0, 100).Select(i => $"{i},{(i - 50) / 25.0}\n")));
        string[] data = ["--data", $"csv:{table}", "--task", "regression"];
        var trained = sandbox.Run(["train", "--model", "logistic", "--epochs", "40", "--run", Run, "--json", .. data]);
        Assert.Equal("mse", trained.JsonLines[0].GetProperty("configuration").GetProperty("loss").GetString());
        Assert.Equal(System.Text.Json.JsonValueKind.Null, trained.JsonLines[1].GetProperty("trainAccuracy").ValueKind);
        var predicted = sandbox.Run(["predict", Run, .. data]).OutputLines.Select(line => double.Parse(line, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(100, predicted.Length);
        Assert.InRange(predicted[90] - predicted[10], 3, 3.4);
        Assert.Contains("loss", sandbox.Run("evaluate", Run).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspecting_shows_every_tensor_in_graph_order_with_its_figures()
    {
        sandbox.Train();
        var model = Assert.Single(sandbox.Run("inspect", Run, "--json").JsonLines);
        var tensors = model.GetProperty("tensors").EnumerateArray().ToArray();
        Assert.Equal(["dense1.weight", "dense1.bias", "dense2.weight", "dense2.bias"], tensors.Select(tensor => tensor.GetProperty("name").GetString()));
        Assert.Equal(64 * 16, tensors[0].GetProperty("count").GetInt32());
        Assert.InRange(tensors[0].GetProperty("deviation").GetDouble(), 0.05, 1);
        Assert.True(tensors[0].GetProperty("minimum").GetDouble() < tensors[0].GetProperty("mean").GetDouble());
        Assert.Equal(1210, model.GetProperty("parameterCount").GetInt32());

        var plain = sandbox.Run("inspect", sandbox.At("run/model.safetensors"));
        Assert.Equal(ExitCode.Success, plain.ExitCode);
        Assert.Contains("1,210 values in 4 tensors", plain.Output, StringComparison.Ordinal);
        Assert.Contains("[64, 16]", plain.Output, StringComparison.Ordinal);
    }
}
