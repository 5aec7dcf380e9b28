using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Cli.Chaos;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Tests.Chaos;

public sealed class ChaosScheduleTests
{
    private static readonly ScheduleRequest All = new(1, 50, [ChaosRole.Worker, ChaosRole.Server, ChaosRole.Coordinator], ShardPlacement.Servers, Shards: 2, LostAfterSeconds: 2);

    [Fact]
    public void The_same_seed_draws_the_same_faults_and_another_one_others()
    {
        Assert.Equal(ChaosSchedule.Draw(All).ToArray(), ChaosSchedule.Draw(All).ToArray());
        Assert.NotEqual(ChaosSchedule.Draw(All).ToArray(), ChaosSchedule.Draw(All with { Seed = 2 }).ToArray());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(15)]
    [InlineData(50)]
    public void All_kills_are_made_and_a_stop_or_cut_for_every_four_of_them(int kills)
    {
        var faults = ChaosSchedule.Draw(All with { Kills = kills });
        Assert.Equal(kills, faults.Count(fault => fault.Kind == FaultKind.Kill));
        Assert.Equal((kills + 3) / 4, faults.Count(fault => fault.Kind != FaultKind.Kill));
        Assert.Equal(Enumerable.Range(1, faults.Length), faults.Select(fault => fault.Number));
    }

    [Theory]
    [InlineData(5, 1)]
    [InlineData(14, 2)]
    [InlineData(15, 3)]
    [InlineData(50, 3)]
    public void Every_phase_gets_its_share_whatever_the_seed(int kills, int least)
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            var request = All with { Kills = kills, Seed = seed };
            Assert.Equal(ChaosSchedule.Phases.ToImmutableSortedDictionary(phase => phase, _ => least), ChaosSchedule.Required(request));
            var faults = ChaosSchedule.Draw(request);
            Assert.All(ChaosSchedule.Phases, phase => Assert.InRange(faults.Count(fault => fault.Point == phase), least, kills));
        }
    }

    [Fact]
    public void Only_roles_that_are_asked_for_are_hit_and_only_in_phases_that_they_pass()
    {
        foreach (var role in All.Roles)
        {
            var request = All with { Roles = [role] };
            var faults = ChaosSchedule.Draw(request);
            Assert.All(faults, fault => Assert.Equal(role, fault.Role));
            Assert.All(faults, fault => Assert.True(fault.Point is null || ChaosSchedule.RoleAt(fault.Point.Value, request) == role));
        }

        Assert.Equal([FaultPoint.Compute, FaultPoint.Gradient], ChaosSchedule.Required(All with { Roles = [ChaosRole.Worker] }).Keys);
        Assert.Equal([FaultPoint.Apply], ChaosSchedule.Required(All with { Roles = [ChaosRole.Server] }).Keys);
        Assert.Equal([FaultPoint.Checkpoint, FaultPoint.Manifest], ChaosSchedule.Required(All with { Roles = [ChaosRole.Coordinator] }).Keys);
    }

    [Fact]
    public void Who_holds_the_shards_dies_between_their_applies_if_there_are_several()
    {
        Assert.Equal(ChaosRole.Server, ChaosSchedule.RoleAt(FaultPoint.Apply, All));
        Assert.Equal(ChaosRole.Worker, ChaosSchedule.RoleAt(FaultPoint.Apply, All with { Placement = ShardPlacement.Workers }));
        Assert.Equal(ChaosRole.Coordinator, ChaosSchedule.RoleAt(FaultPoint.Apply, All with { Placement = ShardPlacement.Central }));
        Assert.Null(ChaosSchedule.RoleAt(FaultPoint.Apply, All with { Shards = 1 }));
    }

    [Fact]
    public void Half_of_the_stops_and_cuts_last_until_the_process_is_given_up()
    {
        var lasting = ChaosSchedule.Draw(All with { Kills = 64 }).Where(fault => fault.Kind != FaultKind.Kill).ToArray();
        Assert.Equal(16, lasting.Length);
        Assert.Equal(8, lasting.Count(fault => fault.LastsSeconds > All.LostAfterSeconds));
        Assert.Equal(8, lasting.Count(fault => fault.LastsSeconds < All.LostAfterSeconds / 2));
        Assert.Equal(8, lasting.Count(fault => fault.Kind == FaultKind.Stop));
    }
}
