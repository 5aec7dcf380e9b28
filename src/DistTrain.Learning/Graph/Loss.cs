using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>What people can set about a loss.</summary>
/// <param name="LabelSmoothing">From 0 to below 1: how much of every class target is spread over all classes. Szegedy et al., "Rethinking the Inception architecture for computer vision", 2016, section 7.</param>
/// <param name="HuberDelta">Above 0: the difference at which the Huber loss turns from a parabola into a straight line.</param>
public sealed record LossSettings(double LabelSmoothing = 0, double HuberDelta = 1);

/// <summary>The function that a loss applies to a model's outputs before it compares them: it turns outputs into predictions.</summary>
public enum OutputLink
{
    /// <summary>The outputs are the predictions.</summary>
    Identity,

    /// <summary>softmax over the last axis: class probabilities.</summary>
    Softmax,

    /// <summary>The logistic function of each output: a probability each.</summary>
    Sigmoid,
}

/// <summary>
/// What a model's outputs are held to. Every loss is the mean over samples of a per-sample loss, and that is a mean over the sample's outputs or positions; engines sum per-sample
/// losses and undivided gradients, and the server divides once.
/// </summary>
public abstract record Loss
{
    public static ImmutableArray<string> Names { get; } = ["binary-cross-entropy", "cross-entropy", "dice", "huber", "mae", "mse"];

    /// <summary>Name as it stands in configuration files.</summary>
    public abstract string Name { get; }

    /// <summary>The settings with which <see cref="Create"/> makes this loss.</summary>
    public virtual LossSettings Settings => new();

    /// <summary>What the loss applies to the model's outputs itself.</summary>
    public virtual OutputLink Link => OutputLink.Identity;

    /// <summary>The extent of the model's last axis that suits the targets: what the <c>output</c> layer is made for.</summary>
    public virtual int OutputWidth(Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return targets.OutputWidth;
    }

    /// <summary>The shape of a model's output that suits the targets: [width], or [positions, width] where every position has a label.</summary>
    public TensorShape OutputShape(Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        return targets.LabelsPerSample > 1 ? new TensorShape(targets.LabelsPerSample, OutputWidth(targets)) : new TensorShape(OutputWidth(targets));
    }

    /// <summary>The number of classes that a row of so many outputs tells apart.</summary>
    public virtual int ClassCount(int outputWidth) => outputWidth;

    /// <exception cref="InvalidInputException">The targets or the model's output do not suit the loss.</exception>
    public void Check(ModelGraph graph, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(graph);
        Check(graph.OutputShape, targets);
        if (Link != OutputLink.Identity && EndOf(graph) is { Operation.Kind: "softmax" or "sigmoid" } end)
        {
            throw new InvalidInputException(
                $"the {Name} loss applies a {(Link == OutputLink.Softmax ? "softmax" : "sigmoid")} itself, but the model ends in a {end.Operation.Kind} layer ({end.Name}): leave that layer out, or use loss: mse");
        }
    }

    /// <param name="output">Shape of the model's output for one sample.</param>
    /// <param name="targets">The targets of all samples.</param>
    /// <exception cref="InvalidInputException">The targets or the output shape do not suit the loss.</exception>
    public void Check(TensorShape output, Targets targets)
    {
        ArgumentNullException.ThrowIfNull(targets);
        CheckTargets(targets);
        var expected = OutputShape(targets);
        var lastAxis = output.Rank == 0 ? 0 : output[output.Rank - 1];
        var fits = targets.LabelsPerSample > 0
            ? output.ElementCount == expected.ElementCount && lastAxis == OutputWidth(targets) && output.Rank <= 2
            : output.ElementCount == expected.ElementCount;
        if (!fits)
        {
            throw new InvalidInputException($"the {Name} loss needs a model output of shape {expected} for these targets, but the last layer gives {output}");
        }
    }

    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="settings">Null for the usual ones.</param>
    /// <exception cref="InvalidInputException">The name is unknown, or a setting is out of range or means nothing to the loss.</exception>
    public static Loss Create(string name, LossSettings? settings = null)
    {
        settings ??= new LossSettings();
        if (settings.LabelSmoothing is not (>= 0 and < 1))
        {
            throw new InvalidInputException(FormattableString.Invariant($"label-smoothing must be from 0 to below 1, but is {settings.LabelSmoothing}"));
        }

        if (settings.HuberDelta is not (> 0 and < double.PositiveInfinity))
        {
            throw new InvalidInputException(FormattableString.Invariant($"huber-delta must be above 0, but is {settings.HuberDelta}"));
        }

        if (settings.LabelSmoothing > 0 && name is not ("cross-entropy" or "binary-cross-entropy"))
        {
            throw new InvalidInputException($"label-smoothing means nothing to the loss '{name}': use it with cross-entropy or binary-cross-entropy");
        }

        return name switch
        {
            "binary-cross-entropy" => new BinaryCrossEntropyLoss(settings.LabelSmoothing),
            "cross-entropy" => new SoftmaxCrossEntropyLoss(settings.LabelSmoothing),
            "dice" => new DiceLoss(),
            "huber" => new HuberLoss(settings.HuberDelta),
            "mae" => new MeanAbsoluteErrorLoss(),
            "mse" => new MeanSquaredErrorLoss(),
            _ => throw new InvalidInputException($"unknown loss '{name}': the losses are {string.Join(", ", Names)}"),
        };
    }

    /// <exception cref="InvalidInputException">The targets do not suit the loss.</exception>
    private protected abstract void CheckTargets(Targets targets);

    /// <summary>Values, or one label a sample, which counts as a one-hot row.</summary>
    private protected void CheckValuesOrOneLabel(Targets targets)
    {
        if (targets.LabelsPerSample > 1)
        {
            throw new InvalidInputException($"the {Name} loss takes one label a sample, but the data has {targets.LabelsPerSample}: use loss: cross-entropy");
        }
    }

    private protected void CheckUnitInterval(TargetValues targets)
    {
        var values = targets.Values.Span;
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] is not (>= 0 and <= 1))
            {
                throw new InvalidInputException(FormattableString.Invariant(
                    $"the {Name} loss needs targets from 0 to 1, but sample {i / targets.Width} has {values[i]}: use loss: mse, or scale the targets"));
            }
        }
    }

    /// <summary>The layer that gives the output its values: shapes aside.</summary>
    private static GraphNode EndOf(ModelGraph graph)
    {
        var node = graph.Nodes[^1];
        while (node.Operation is FlattenOperation)
        {
            node = graph.Nodes[node.Inputs[0]];
        }

        return node;
    }
}
