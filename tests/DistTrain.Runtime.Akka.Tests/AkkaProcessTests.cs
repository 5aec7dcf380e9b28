namespace DistTrain.Runtime.Akka.Tests;

/// <summary>Real processes on Akka: whatever happens to them, the weights are those of one process.</summary>
public class AkkaProcessTests
{
    /// <summary>Long enough to be in the middle of it when something happens.</summary>
    private static readonly string[] Long = ["--model", "mlp:512,512", "--epochs", "25", "--max-lost-seconds", "2"];

    private static readonly Lazy<string> LongHash = new(() =>
    {
        using var scene = new ProcessScene();
        return scene.HashAlone(Long);
    });

    [Fact]
    public void Worker_processes_of_one_machine_give_the_bits_of_one_process()
    {
        using var scene = new ProcessScene();
        var hash = scene.HashAlone("--epochs", "3");

        var run = scene.Start("train", "--epochs", "3", "--json", "--run", "akka", "--processes", "2", "--runtime", "akka", "--akka-config", "akka.conf");

        Assert.Equal(0, run.WaitForEnd());
        Assert.Equal(hash, run.WeightsHash);
        Assert.All([1, 2], number => Assert.Contains("joined as worker-", scene.ReadText($"akka/worker-{number}.log"), StringComparison.Ordinal));
    }

    [Fact]
    public void A_member_without_Akka_is_told_so_and_one_with_Akka_by_a_coordinator_without()
    {
        using var scene = new ProcessScene();
        string[] endless = ["train", "--epochs", "1000000", "--listen", "127.0.0.1:0", "--secret-file", "secret", "--json"];
        var on = scene.Start([.. endless, "--run", "on", "--runtime", "akka"]);
        var off = scene.Start([.. endless, "--run", "off"]);

        var without = scene.Start("worker", "--join", on.WaitForAddress(), "--secret-file", "secret");
        var with = scene.Start(["worker", "--join", off.WaitForAddress(), .. ProcessScene.Common]);

        Assert.Equal((7, 7), (without.WaitForEnd(), with.WaitForEnd()));
        Assert.Contains("started without --runtime akka", without.All, StringComparison.Ordinal);
        Assert.Contains("was started with --runtime akka, but the coordinator without", with.All, StringComparison.Ordinal);
    }

    [Fact]
    public void A_worker_that_cannot_be_reached_for_a_while_is_suspected_and_goes_on()
    {
        using var scene = new ProcessScene("akka.cluster.split-brain-resolver.stable-after = 300 s");
        var (coordinator, workers) = Begin(scene);

        workers[0].Signal("STOP");
        coordinator.WaitFor(" is suspected");
        workers[0].Signal("CONT");
        coordinator.WaitFor(" is no longer suspected");

        Assert.Equal(0, coordinator.WaitForEnd());
        Assert.Equal(LongHash.Value, coordinator.WeightsHash);
        Assert.Null(coordinator.Said(" is lost"));
        Assert.All(workers, worker => Assert.Equal(0, worker.WaitForEnd()));
    }

    [Fact]
    public void A_worker_that_cannot_be_reached_for_too_long_is_given_up_and_comes_back_as_another()
    {
        using var scene = new ProcessScene();
        var (coordinator, workers) = Begin(scene, "--below-min-workers", "wait");

        workers[0].Signal("STOP");
        coordinator.WaitFor(" is lost");
        workers[0].Signal("CONT");
        workers[0].WaitFor("joined as worker-3");

        Assert.Equal(0, coordinator.WaitForEnd());
        Assert.Equal(LongHash.Value, coordinator.WeightsHash);
        Assert.NotNull(coordinator.Said("the cluster could not reach it, and has given it up"));
        Assert.All(workers, worker => Assert.Equal(0, worker.WaitForEnd()));
    }

    [Fact]
    public void A_worker_that_is_killed_costs_nothing_but_time()
    {
        using var scene = new ProcessScene();
        var (coordinator, workers) = Begin(scene);

        workers[0].Kill();

        Assert.Equal(0, coordinator.WaitForEnd());
        Assert.Equal(LongHash.Value, coordinator.WeightsHash);
        Assert.Equal(0, workers[1].WaitForEnd());
    }

    [Fact]
    public void A_coordinator_whose_workers_are_all_gone_at_once_waits_for_others()
    {
        using var scene = new ProcessScene();
        var (coordinator, workers) = Begin(scene);

        Array.ForEach(workers, worker => worker.Kill());
        coordinator.WaitFor("it begins a cluster of its own, and waits for workers");
        var others = Join(scene, coordinator);

        Assert.Equal(0, coordinator.WaitForEnd());
        Assert.Equal(LongHash.Value, coordinator.WeightsHash);
        Assert.All(others, worker => Assert.Equal(0, worker.WaitForEnd()));
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public void The_next_candidate_goes_on_with_the_run_of_a_coordinator_that_is_gone(string signal)
    {
        using var scene = new ProcessScene();
        var coordinator = Coordinate(scene);
        var standby = StandBy(scene, coordinator);
        var workers = Join(scene, coordinator);
        coordinator.WaitFor("\"event\":\"checkpoint\"");

        coordinator.Signal(signal);
        Assert.Equal(signal == "KILL" ? 137 : 130, coordinator.WaitForEnd());

        Assert.Equal(0, standby.WaitForEnd());
        Assert.Equal(LongHash.Value, standby.WeightsHash);
        Assert.All(workers, worker => Assert.Equal(0, worker.WaitForEnd()));
    }

    [Fact]
    public void A_candidate_that_is_not_needed_ends_well_with_the_run()
    {
        using var scene = new ProcessScene();
        var coordinator = Coordinate(scene);
        var standby = StandBy(scene, coordinator);
        var workers = Join(scene, coordinator);

        Assert.Equal(0, coordinator.WaitForEnd());
        Assert.All(workers, worker => Assert.Equal(0, worker.WaitForEnd()));
        Assert.Equal(0, standby.WaitForEnd());
        Assert.Contains("there is nothing left to do", standby.All, StringComparison.Ordinal);
    }

    /// <summary>A coordinator and two workers, in the middle of a run.</summary>
    private static (RunningProcess Coordinator, RunningProcess[] Workers) Begin(ProcessScene scene, params string[] more)
    {
        var coordinator = Coordinate(scene, more);
        var workers = Join(scene, coordinator);
        coordinator.WaitFor("\"event\":\"epoch\"");
        return (coordinator, workers);
    }

    /// <summary>A coordinator that waits for two workers.</summary>
    private static RunningProcess Coordinate(ProcessScene scene, params string[] more) =>
        scene.Start(["train", .. Long, .. more, .. ProcessScene.Common, "--listen", "127.0.0.1:0", "--min-workers", "2", "--run", "run", "--json"]);

    private static RunningProcess[] Join(ProcessScene scene, RunningProcess coordinator)
    {
        string[] worker = ["worker", "--join", coordinator.WaitForAddress(), .. ProcessScene.Common];
        return [scene.Start(worker), scene.Start(worker)];
    }

    /// <summary>A second candidate, which is there before the training begins.</summary>
    private static RunningProcess StandBy(ProcessScene scene, RunningProcess coordinator)
    {
        var standby = scene.Start(["train", .. Long, .. ProcessScene.Common, "--standby", coordinator.WaitForAddress(), "--listen", "127.0.0.1:0", "--min-workers", "2", "--run", "run", "--json"]);
        standby.WaitFor("stands by for the coordinator");
        return standby;
    }
}
