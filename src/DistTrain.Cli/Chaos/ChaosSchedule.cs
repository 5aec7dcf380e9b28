using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning.Numerics;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Chaos;

/// <summary>What faults are drawn for.</summary>
/// <param name="Kills">Kills to be made; for every <see cref="ChaosSchedule.KillsPerDisturbance"/> of them one process is stopped or cut off besides.</param>
/// <param name="Roles">Whose processes are hit, in the order of their values.</param>
/// <param name="LostAfterSeconds">Of silence, after which a process is given up: half of the stops and cuts last longer, half shorter.</param>
public sealed record ScheduleRequest(ulong Seed, int Kills, ImmutableArray<ChaosRole> Roles, ShardPlacement Placement, int Shards, double LostAfterSeconds);

/// <summary>Draws the faults of a chaos run: everything follows from the seed, but which process has which number in the cluster, and how far it is when a fault from outside comes.</summary>
public static class ChaosSchedule
{
    public const int KillsPerDisturbance = 4;

    /// <summary>Faults that each phase gets, where there are enough kills for all of them.</summary>
    public const int LeastPerPhase = 3;

    /// <summary>Share of the other kills that come from outside, at any moment.</summary>
    private const double OutsideShare = 0.5;

    /// <summary>Between which two effects a process dies, in the order of the histogram. <see cref="FaultPoint.Journal"/> comes up by chance.</summary>
    public static ImmutableArray<FaultPoint> Phases { get; } = [FaultPoint.Compute, FaultPoint.Gradient, FaultPoint.Apply, FaultPoint.Checkpoint, FaultPoint.Manifest];

    /// <summary>Whose process passes the point; null where none of those that are to be hit does.</summary>
    public static ChaosRole? RoleAt(FaultPoint point, ScheduleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        ChaosRole? role = point switch
        {
            FaultPoint.Compute or FaultPoint.Gradient => ChaosRole.Worker,
            FaultPoint.Apply when request.Shards < 2 => null,
            FaultPoint.Apply => HolderOfShards(request.Placement),
            _ => ChaosRole.Coordinator,
        };
        return role is { } known && request.Roles.Contains(known) ? role : null;
    }

    /// <summary>How many faults each phase of a run is to see at least, of those that its roles can be hit in.</summary>
    public static ImmutableSortedDictionary<FaultPoint, int> Required(ScheduleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var phases = Phases.Where(phase => RoleAt(phase, request) is not null).ToArray();
        var each = phases.Length == 0 ? 0 : Math.Min(LeastPerPhase, request.Kills / phases.Length);
        return phases.ToImmutableSortedDictionary(phase => phase, _ => each);
    }

    public static ImmutableArray<PlannedFault> Draw(ScheduleRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var random = new CounterBasedRandom(request.Seed, stream: 0);
        var faults = new List<PlannedFault>();
        foreach (var (phase, count) in Required(request))
        {
            for (var i = 0; i < count; i++)
            {
                faults.Add(AtPoint(ref random, phase, RoleAt(phase, request)!.Value));
            }
        }

        while (faults.Count < request.Kills)
        {
            faults.Add(Kill(ref random, request));
        }

        var disturbances = (request.Kills + KillsPerDisturbance - 1) / KillsPerDisturbance;
        for (var i = 0; i < disturbances; i++)
        {
            faults.Add(Disturbance(ref random, request, i));
        }

        Shuffle(ref random, faults);
        return [.. faults.Select((fault, i) => fault with { Number = i + 1 })];
    }

    private static ChaosRole HolderOfShards(ShardPlacement placement) => placement switch
    {
        ShardPlacement.Workers => ChaosRole.Worker,
        ShardPlacement.Servers => ChaosRole.Server,
        _ => ChaosRole.Coordinator,
    };

    private static PlannedFault Kill(ref CounterBasedRandom random, ScheduleRequest request)
    {
        var role = request.Roles[(int)random.BoundedUInt((uint)request.Roles.Length)];
        var points = Enum.GetValues<FaultPoint>().Where(point => RoleAt(point, request) == role).ToArray();
        var isOutside = random.UniformDouble() < OutsideShare;
        return isOutside || points.Length == 0
            ? new PlannedFault(0, role, FaultKind.Kill, null, 1, Pause(ref random), Restart(ref random), false, random.NextUInt())
            : AtPoint(ref random, points[random.BoundedUInt((uint)points.Length)], role);
    }

    private static PlannedFault AtPoint(ref CounterBasedRandom random, FaultPoint point, ChaosRole role)
    {
        // A checkpoint has few files and is taken once in a while; a step is made many times a second.
        var most = point switch
        {
            FaultPoint.Checkpoint or FaultPoint.Journal => 2u,
            FaultPoint.Manifest => 1u,
            _ => 20u,
        };
        return new PlannedFault(0, role, FaultKind.Kill, point, 1 + (int)random.BoundedUInt(most), Pause(ref random), Restart(ref random), false, random.NextUInt());
    }

    /// <summary>Stops and cuts by turns, two short ones and two long ones.</summary>
    private static PlannedFault Disturbance(ref CounterBasedRandom random, ScheduleRequest request, int index)
    {
        var role = request.Roles[(int)random.BoundedUInt((uint)request.Roles.Length)];
        var isLong = index % 4 >= 2;
        var lasts = isLong ? request.LostAfterSeconds + 0.5 + random.UniformDouble() : request.LostAfterSeconds * (0.1 + (0.3 * random.UniformDouble()));
        var kind = index % 2 == 0 ? FaultKind.Stop : FaultKind.Cut;
        return new PlannedFault(0, role, kind, null, 1, Pause(ref random), lasts, kind == FaultKind.Cut && random.UniformDouble() < 0.5, random.NextUInt());
    }

    private static double Pause(ref CounterBasedRandom random) => 0.1 + (0.7 * random.UniformDouble());

    private static double Restart(ref CounterBasedRandom random) => 0.1 + (0.7 * random.UniformDouble());

    private static void Shuffle(ref CounterBasedRandom random, List<PlannedFault> faults)
    {
        for (var i = faults.Count - 1; i > 0; i--)
        {
            var other = (int)random.BoundedUInt((uint)i + 1);
            (faults[i], faults[other]) = (faults[other], faults[i]);
        }
    }
}
