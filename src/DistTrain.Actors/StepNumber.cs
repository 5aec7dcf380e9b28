using System.Globalization;

namespace DistTrain.Actors;

/// <summary>A step of the run, 1-based: one mini-batch, one update of the weights.</summary>
public readonly record struct StepNumber(long Value) : IComparable<StepNumber>
{
    /// <summary>The weights on which the step's gradient is computed: those after all steps before it.</summary>
    public WeightVersion Reads => new(Value - 1);

    /// <summary>The weights that the step makes.</summary>
    public WeightVersion Makes => new(Value);

    public StepNumber Next => new(Value + 1);

    public StepNumber Previous => new(Value - 1);

    public int CompareTo(StepNumber other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(StepNumber left, StepNumber right) => left.Value < right.Value;

    public static bool operator >(StepNumber left, StepNumber right) => left.Value > right.Value;

    public static bool operator <=(StepNumber left, StepNumber right) => left.Value <= right.Value;

    public static bool operator >=(StepNumber left, StepNumber right) => left.Value >= right.Value;
}

/// <summary>The weights after that many steps; version 0 is what the initializers made.</summary>
public readonly record struct WeightVersion(long Value) : IComparable<WeightVersion>
{
    /// <summary>The step whose gradient is computed on this version.</summary>
    public StepNumber NextStep => new(Value + 1);

    public int CompareTo(WeightVersion other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(WeightVersion left, WeightVersion right) => left.Value < right.Value;

    public static bool operator >(WeightVersion left, WeightVersion right) => left.Value > right.Value;

    public static bool operator <=(WeightVersion left, WeightVersion right) => left.Value <= right.Value;

    public static bool operator >=(WeightVersion left, WeightVersion right) => left.Value >= right.Value;
}
