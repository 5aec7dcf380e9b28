namespace DistTrain.Learning.Optimization;

/// <summary>What a plateau does to the rate.</summary>
/// <param name="Factor">What the rate is multiplied by.</param>
/// <param name="MinimumRate">The rate never falls below this.</param>
public sealed record RatePlateau(double Factor, double MinimumRate)
{
    /// <summary>A fall by no more than this is none: PyTorch's eps.</summary>
    private const double SmallestFall = 1e-8;

    /// <exception cref="InvalidInputException">A setting is out of range.</exception>
    public void Check()
    {
        if (!(Factor is > 0 and < 1))
        {
            throw new InvalidInputException($"the plateau's factor must be above 0 and below 1, but is {Factor}");
        }

        if (!(MinimumRate >= 0 && double.IsFinite(MinimumRate)))
        {
            throw new InvalidInputException($"the plateau's lowest rate must be at least 0, but is {MinimumRate}");
        }
    }

    /// <summary>The factor on <paramref name="baseRate"/> after one more fall; the same as before where the rate would hardly change.</summary>
    public double Lower(double baseRate, double factor)
    {
        var lowered = Math.Max(baseRate * factor * Factor, MinimumRate);
        return (baseRate * factor) - lowered > SmallestFall ? lowered / baseRate : factor;
    }
}

/// <summary>
/// The base rate, until a <see cref="PlateauRule"/> finds that the training no longer gets better; then the rate falls by a factor. PyTorch's ReduceLROnPlateau, relative threshold.
/// </summary>
public sealed record PlateauSchedule : Schedule
{
    private readonly RatePlateau plateau;

    public PlateauSchedule(RatePlateau plateau)
    {
        ArgumentNullException.ThrowIfNull(plateau);
        this.plateau = plateau;
    }

    public override string Name => "plateau";

    public override RatePlateau? Plateau => plateau;

    public override double LearningRate(double baseRate, in TrainingProgress progress) => baseRate;
}
