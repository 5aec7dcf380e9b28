using DistTrain.Engines.Simd;
using DistTrain.Learning.Engines.Reference;
using DistTrain.Simulation.Faults;

namespace DistTrain.Simulation.Tests.Faults;

/// <summary>
/// Clusters of processes in which everything dies, stops and breaks, at moments that a seed draws: every run must end as if nothing had been. <c>disttrain simulate --seed S --trace FILE</c> repeats one that fails.
/// </summary>
public class FaultRunTests
{
    private const ulong FirstSeed = 1;
    private const int Runs = 250;
    private const int LeastOfEachKind = 20;

    [Fact]
    public void No_run_notices_what_goes_wrong_and_everything_goes_wrong_often_enough()
    {
        var tally = FaultCampaign.Run(FirstSeed, Runs, time: null, new SimdEngine(), static _ => { }, CancellationToken.None);
        Assert.True(tally.Failures.Count == 0, string.Join('\n', tally.Failures.Select(run => $"seed {run.Scenario.Seed}: {run.Violation}")));
        foreach (var kind in Enum.GetValues<FaultKind>())
        {
            Assert.True(tally.Faults.GetValueOrDefault(kind) >= LeastOfEachKind, $"{kind} happened {tally.Faults.GetValueOrDefault(kind)} times in {Runs} runs");
        }

        Assert.True(tally.Returns >= Runs / 2 && tally.Checkpoints >= Runs && tally.StepsReplayed >= Runs / 2, $"{tally.Returns} returns, {tally.Checkpoints} checkpoints, {tally.StepsReplayed} steps made again");
    }

    [Theory]
    [InlineData(3UL)]
    [InlineData(65UL)]
    [InlineData(224UL)]
    [InlineData(782UL)]
    public void A_seed_gives_the_same_run_every_time_and_with_every_engine_of_the_same_arithmetic(ulong seed)
    {
        var first = TraceOf(seed, new SimdEngine());
        Assert.NotEmpty(first);
        Assert.Equal(first, TraceOf(seed, new SimdEngine()));
        Assert.Equal(first, TraceOf(seed, new ReferenceEngine()));
    }

    private static List<string> TraceOf(ulong seed, Learning.Engines.IEngine engine)
    {
        var lines = new List<string>();
        Assert.Null(FaultRun.Execute(FaultScenario.Draw(seed), engine, lines.Add).Violation);
        return lines;
    }
}
