using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// What a model's outputs are held to. Every loss is the mean over samples of a per-sample loss; engines sum per-sample losses and undivided gradients,
/// and the server divides once.
/// </summary>
public abstract record Loss
{
    public static ImmutableArray<string> Names { get; } = ["cross-entropy", "mse"];

    /// <summary>Name as it stands in configuration files.</summary>
    public abstract string Name { get; }

    /// <exception cref="InvalidInputException">The targets or the output shape do not suit the loss.</exception>
    public abstract void Check(TensorShape output, Targets targets);

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <exception cref="InvalidInputException">The name is unknown.</exception>
    public static Loss Create(string name) => name switch
    {
        "cross-entropy" => new SoftmaxCrossEntropyLoss(),
        "mse" => new MeanSquaredErrorLoss(),
        _ => throw new InvalidInputException($"unknown loss '{name}': the losses are {string.Join(", ", Names)}"),
    };

    private protected static void CheckWidth(string name, TensorShape output, Targets targets)
    {
        if (output.Rank != 1 || output.ElementCount != targets.OutputWidth)
        {
            throw new InvalidInputException($"the {name} loss needs a model output of shape [{targets.OutputWidth}] for these targets, but the last layer gives {output}");
        }
    }
}

/// <summary>
/// −log softmax(z)[label], computed as log Σ exp(z − max) − (z[label] − max); its gradient is softmax(z) − onehot(label).
/// Goodfellow, Bengio, Courville, "Deep Learning", 2016, section 6.2.2.3.
/// </summary>
public sealed record SoftmaxCrossEntropyLoss : Loss
{
    public override string Name => "cross-entropy";

    public override void Check(TensorShape output, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        if (targets is not ClassLabels)
        {
            throw new InvalidInputException("the cross-entropy loss needs class labels, but the data has numeric targets: use loss: mse");
        }

        CheckWidth(Name, output, targets);
    }
}

/// <summary>Mean over the outputs of (z − target)²; its gradient is 2 (z − target) / width. Class labels count as one-hot targets.</summary>
public sealed record MeanSquaredErrorLoss : Loss
{
    public override string Name => "mse";

    public override void Check(TensorShape output, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        CheckWidth(Name, output, targets);
    }
}
