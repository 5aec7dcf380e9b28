using System.Collections.Immutable;
using System.Globalization;

namespace DistTrain.Runtime.Cluster;

/// <summary>Says who holds the others up. Shares of work follow speed, so that a slow worker shows only where it takes longer than the others although it was given less.</summary>
public static class Slowness
{
    /// <summary>A worker that takes so much longer than the others for its share of a step is worth a sentence.</summary>
    private const double NotableRatio = 1.5;

    /// <summary>So much of a step that the others wait is worth one, too.</summary>
    private const double NotableWaitShare = 0.2;

    private const double SilentSeconds = 1;

    /// <summary>The one sentence that explains most, or null. First who is silent, then who computes long while others wait, then who is far away.</summary>
    public static string? Explain(ImmutableArray<MemberStatus> members) => Silent(members) ?? Computing(members) ?? Distant(members);

    private static string? Silent(ImmutableArray<MemberStatus> members) =>
        members.Where(member => member.Link is { SecondsSinceHeard: >= SilentSeconds }).MaxBy(member => member.Link!.SecondsSinceHeard) is { } silent
            ? string.Create(CultureInfo.InvariantCulture, $"{silent.Name} on {silent.Host} has said nothing for {silent.Link!.SecondsSinceHeard:F1} s (network, or the process stands still)")
            : null;

    private static string? Computing(ImmutableArray<MemberStatus> members)
    {
        var working = members.Where(member => member is { Worker: not null, ComputeMilliseconds: not null, WaitMilliseconds: not null }).ToArray();
        if (working.Length < 2)
        {
            return null;
        }

        var slowest = working.MaxBy(member => member.ComputeMilliseconds)!;
        var others = working.Where(member => member != slowest).ToArray();
        var usual = Median(others.Select(member => member.ComputeMilliseconds!.Value));
        var waiting = Median(others.Select(member => member.WaitMilliseconds!.Value));
        var isSlow = slowest.ComputeMilliseconds >= NotableRatio * usual && waiting >= NotableWaitShare * (usual + waiting);
        return isSlow
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{slowest.Name} on {slowest.Host} computes {slowest.ComputeMilliseconds:F1} ms a step where the others take {usual:F1} ms and then wait {waiting:F1} ms (compute)")
            : null;
    }

    private static string? Distant(ImmutableArray<MemberStatus> members)
    {
        var linked = members.Where(member => member.Link?.RoundTripMilliseconds is not null).ToArray();
        if (linked.Length < 2)
        {
            return null;
        }

        var farthest = linked.MaxBy(member => member.Link!.RoundTripMilliseconds)!;
        var trip = farthest.Link!.RoundTripMilliseconds!.Value;
        var usual = Median(linked.Where(member => member != farthest).Select(member => member.Link!.RoundTripMilliseconds!.Value));
        var step = farthest.ComputeMilliseconds ?? 0;
        return trip >= 10 * usual && trip >= NotableWaitShare * step && trip >= 1
            ? string.Create(CultureInfo.InvariantCulture, $"a message to {farthest.Name} on {farthest.Host} and back takes {trip:F1} ms where the others' take {usual:F1} ms (network)")
            : null;
    }

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
