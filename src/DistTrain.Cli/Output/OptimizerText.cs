using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.Output;

/// <summary>The optimizer and the settings that it uses in words, such as <c>momentum 0.9, clip-norm 1</c>.</summary>
internal static class OptimizerText
{
    public static string Of(TrainConfiguration c)
    {
        string Text(object? value) => ConfigurationWriter.ToText(value);
        var adam = $"beta1 {Text(c.Beta1)}, beta2 {Text(c.Beta2)}, epsilon {Text(c.Epsilon)}";
        var text = c.Optimizer switch
        {
            "momentum" or "nesterov" => $"{c.Optimizer} {Text(c.Momentum)}",
            "adagrad" => $"adagrad, epsilon {Text(c.Epsilon)}",
            "adadelta" => $"adadelta, rho {Text(c.Rho)}, epsilon {Text(c.Epsilon)}",
            "rmsprop" => $"rmsprop{(c.Centered == true ? ", centered" : "")}, rho {Text(c.Rho)}, momentum {Text(c.Momentum)}, epsilon {Text(c.Epsilon)}",
            "lars" => $"lars, momentum {Text(c.Momentum)}, trust coefficient {Text(c.TrustCoefficient)}",
            "adam" or "adamw" or "adamax" or "nadam" or "amsgrad" or "lamb" => $"{c.Optimizer}, {adam}",
            _ => c.Optimizer,
        };
        (string Name, double Value)[] extras = [("weight decay", c.WeightDecay ?? 0), ("L1", c.L1), ("L2", c.L2), ("clip value", c.ClipValue), ("clip norm", c.ClipNorm)];
        return string.Join(", ", extras.Where(extra => extra.Value > 0).Select(extra => $"{extra.Name} {Text(extra.Value)}").Prepend(text));
    }
}
