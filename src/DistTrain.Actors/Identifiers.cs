using System.Globalization;

namespace DistTrain.Actors;

/// <summary>A worker of the cluster; unique within a run, given by the coordinator.</summary>
public readonly record struct WorkerId(int Value) : IComparable<WorkerId>
{
    public int CompareTo(WorkerId other) => Value.CompareTo(other.Value);

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"worker-{Value}");

    public static bool operator <(WorkerId left, WorkerId right) => left.Value < right.Value;

    public static bool operator >(WorkerId left, WorkerId right) => left.Value > right.Value;

    public static bool operator <=(WorkerId left, WorkerId right) => left.Value <= right.Value;

    public static bool operator >=(WorkerId left, WorkerId right) => left.Value >= right.Value;
}
