using System.Collections.Immutable;
using DistTrain.Cli.Chaos;
using DistTrain.Runtime.Faults;

namespace DistTrain.Cli.Tests.Chaos;

public sealed class ChaosVerdictTests
{
    private static readonly EpochFacts First = new(1, "loss=1,hash=a", 10, 10, 0, 0);
    private static readonly EpochFacts Second = new(2, "loss=0.5,hash=b", 10, 10, 0, 0);
    private static readonly RunFacts Undisturbed = new("b", [First, Second]);

    private static readonly FaultFacts Crash = new(
        new PlannedFault(1, ChaosRole.Coordinator, FaultKind.Kill, FaultPoint.Manifest, 1, 0.5, 0.5, false, 0),
        "coordinator", At: 10, Step: 100, FaultPoint.Manifest, [new ReturnFacts(From: 80, LastTold: 100, NewestCheckpoint: 80, LostSeconds: 0.9)], RecoverySeconds: 2, LastedSeconds: 0.5, "went on");

    private static readonly ChaosFacts Good = new(
        Undisturbed,
        [new RoundFacts(Undisturbed, "completed", 200, 220)],
        [Crash],
        ImmutableSortedDictionary<FaultPoint, int>.Empty.Add(FaultPoint.Manifest, 1),
        Planned: 1,
        new ChaosBounds(LostSeconds: 1, RestartSeconds: 5),
        GaveUp: null);

    private static void AssertFails(ChaosFacts facts, string words) => Assert.Contains(words, Assert.Single(ChaosVerdict.Reasons(facts)), StringComparison.Ordinal);

    private static ChaosFacts With(RunFacts run) => Good with { Rounds = [Good.Rounds[0] with { Run = run }] };

    private static ChaosFacts With(FaultFacts fault) => Good with { Faults = [fault] };

    [Fact]
    public void Nothing_wrong_is_a_pass() => Assert.Empty(ChaosVerdict.Reasons(Good));

    [Fact]
    public void Other_weights_fail() => AssertFails(With(Undisturbed with { Hash = "c" }), "ended in the weights c, but the undisturbed run in b");

    [Fact]
    public void A_run_that_did_not_end_fails()
    {
        AssertFails(Good with { Rounds = [Good.Rounds[0] with { Outcome = "server-lost" }] }, "round 1 ended as 'server-lost'");
        AssertFails(Good with { GaveUp = "nothing moved" }, "nothing moved");
        AssertFails(Good with { Rounds = [] }, "no training ended");
    }

    [Fact]
    public void Epochs_must_be_announced_once_each_and_say_the_same()
    {
        AssertFails(With(Undisturbed with { Epochs = [First, First, Second] }), "announced epoch 1 2 times");
        AssertFails(With(Undisturbed with { Epochs = [Second] }), "never announced epoch 1");
        AssertFails(With(Undisturbed with { Epochs = [First, Second, Second with { Epoch = 3 }] }), "epoch 3, which the undisturbed run does not have");
        AssertFails(With(Undisturbed with { Epochs = [First with { Report = "loss=1,hash=x" }, Second] }), "hash=x");
    }

    [Fact]
    public void Every_sample_counts_once()
    {
        AssertFails(With(Undisturbed with { Epochs = [First with { Duplicated = 1 }, Second] }), "1 duplicated");
        AssertFails(With(Undisturbed with { Epochs = [First with { Lost = 1 }, Second] }), "1 lost");
        AssertFails(With(Undisturbed with { Epochs = [First with { Samples = 9 }, Second] }), "9 of 10 samples");
    }

    [Fact]
    public void More_lost_training_than_allowed_fails()
    {
        AssertFails(With(Crash with { Returns = [Crash.Returns[0] with { LostSeconds = 1.3 }] }), "1.3 s of training were thrown away, and 1 s are the most");
        Assert.Empty(ChaosVerdict.Reasons(With(Crash with { Returns = [Crash.Returns[0] with { LostSeconds = 1.1 }] })));
    }

    [Fact]
    public void A_return_behind_a_checkpoint_that_exists_fails() =>
        AssertFails(With(Crash with { Returns = [Crash.Returns[0] with { From = 60 }] }), "40 steps were made again from step 60 on, but there was a checkpoint after step 80: 20 are the most");

    [Fact]
    public void More_steps_than_could_be_made_again_fail() =>
        AssertFails(Good with { Rounds = [Good.Rounds[0] with { Computed = 221 }] }, "221 steps were made, but the trainings have 200, and 20 could be made again");

    [Fact]
    public void Slow_or_missing_recovery_fails()
    {
        AssertFails(With(Crash with { RecoverySeconds = 6.6 }), "it took 6.6 s");
        AssertFails(With(Crash with { RecoverySeconds = null }), "no further step was made");
        Assert.Empty(ChaosVerdict.Reasons(With(Crash with { RecoverySeconds = 6.4 })));
    }

    [Fact]
    public void Faults_that_were_not_made_fail()
    {
        AssertFails(Good with { Planned = 2 }, "1 of 2 faults were made");
        AssertFails(With(Crash with { Died = null }), "0 faults came at 'manifest', and 1 are wanted");
    }
}
