using DistTrain.Actors;

namespace DistTrain.Simulation.Tests;

/// <summary>Runs scenarios on a symbolic host and checks what every run promises, whatever happened in it.</summary>
internal static class Checker
{
    public const string Arithmetic = "symbolic";

    public static RunDefinition Definition(
        int samples = 100, int batch = 32, int? microBatches = null, int epochs = 2, int workers = 2, int tests = 50, int runAhead = 2) => new()
        {
            SampleCount = samples,
            BatchSize = batch,
            MicroBatchCount = microBatches,
            Epochs = epochs,
            LearningRate = 0.1,
            Schedule = new Learning.Optimization.ConstantSchedule(),
            TestSampleCount = tests,
            HasClasses = true,
            WorkerCount = workers,
            Arithmetic = Arithmetic,
            EvaluationBlockSize = 16,
            RunAheadSteps = runAhead,
        };

    public static Scenario Scenario(RunDefinition definition, ulong seed, params long[] microsecondsPerSample) => new()
    {
        Definition = definition,
        Workers = [.. Enumerable.Range(0, definition.WorkerCount)
            .Select(i => new SimulatedWorker(new WorkerId(i), microsecondsPerSample.Length == 0 ? 10 : microsecondsPerSample[i % microsecondsPerSample.Length]))],
        Seed = seed,
        MaximumDeliveries = 200_000,
    };

    /// <summary>The same, with a worker that comes when nothing else happens any more: a run that has fewer than it begins with does not wait for ever.</summary>
    public static Scenario WithSpare(this Scenario scenario, params Incident[] incidents) =>
        scenario with { Incidents = [.. incidents, new WorkerStarts(100_000, new SimulatedWorker(new WorkerId(90))), new WorkerStarts(100_001, new SimulatedWorker(new WorkerId(91)))] };

    /// <summary>Runs to the end and checks that the run completed as it must.</summary>
    public static CheckedRun RunToCompletion(Scenario scenario, SymbolicHost? host = null)
    {
        var run = Run(scenario, host ?? new SymbolicHost(scenario.Definition));
        var ending = run.Result.Ending;
        Assert.True(ending is not null, "the run came to rest without ending:\n" + string.Join('\n', run.Trace.TakeLast(40)));
        Assert.Equal(RunOutcome.Completed, ending.Outcome);
        Assert.Equal(StepPlan.TotalSteps(scenario.Definition), ending.Version.Value);
        CheckSteps(scenario.Definition, run.Host, StepPlan.TotalSteps(scenario.Definition));
        Assert.Equal(scenario.Definition.Epochs, run.Result.Reports.Length);
        foreach (var report in run.Result.Reports)
        {
            CheckReport(scenario.Definition, report);
        }

        return run;
    }

    /// <summary>Runs until nothing moves and checks what holds however it ends.</summary>
    public static CheckedRun Run(Scenario scenario, SymbolicHost host)
    {
        var trace = new List<string>();
        var holdings = new Holdings(keepsBest: scenario.Definition.EarlyStopping is { RestoresBest: true });
        var result = DeterministicRun.Execute(scenario, host, delivery =>
        {
            trace.AddRange(TraceText.Lines(delivery));
            holdings.Observe(delivery);
        });
        if (result.Ending is { } ending)
        {
            Assert.Equal(host.FinalWeights(ending.Version), ending.WeightsHash);
            Assert.All(host.Held, held => Assert.StartsWith($"coordinator: version {ending.Version} of ", held, StringComparison.Ordinal));
        }

        return new CheckedRun(result, host, trace);
    }

    /// <summary>The steps were the planned ones, in order, each with exactly the whole tree over its micro-batches.</summary>
    public static void CheckSteps(RunDefinition definition, SymbolicHost host, long steps)
    {
        foreach (var applied in host.Applied)
        {
            // A shard may have been one step past the one with which a run was stopped, and have gone back.
            Assert.InRange(applied.Count, steps, Math.Min(steps + 1, StepPlan.TotalSteps(definition)));
            var epoch = EpochSettings.First(definition);
            for (var i = 0; i < applied.Count; i++)
            {
                epoch = i + 1 > epoch.LastStep(definition).Value ? epoch.Next(definition) : epoch;
                var planned = StepPlan.At(definition, epoch, new StepNumber(i + 1));
                Assert.Equal(planned.MiniBatch, applied[i].MiniBatch);
                Assert.Equal(planned.LearningRate, applied[i].LearningRate);
                Assert.Equal(SymbolicHost.WholeTree(planned.MiniBatch.Partition), applied[i].Sum);
            }
        }
    }

    private static void CheckReport(RunDefinition definition, EpochReport report)
    {
        var proof = report.Ledger;
        Assert.Equal(definition.SampleCount, proof.ExpectedSamples);
        Assert.Equal(definition.SampleCount, proof.CountedSamples);
        Assert.Equal(0, proof.DuplicatedSamples);
        Assert.Equal(0, proof.LostSamples);
        Assert.Equal(definition.ValidationSampleCount, report.Validation?.SampleCount ?? 0);
        Assert.Equal(definition.TestsAtTheEnd ? 0 : definition.TestSampleCount, report.Test?.SampleCount ?? 0);
    }

    /// <summary>Follows which versions and gradients each actor holds, from the messages it acts upon and from what it lets go of.</summary>
    private sealed class Holdings(bool keepsBest)
    {
        private readonly int kept = keepsBest ? 1 : 0;
        private readonly Dictionary<ActorAddress, SortedSet<WeightVersion>> versionsOf = [];
        private readonly Dictionary<ActorAddress, HashSet<GradientHandle>> gradientsOf = [];
        private readonly Dictionary<ActorAddress, WeightVersion> newest = [];

        public void Observe(Delivery delivery)
        {
            if (delivery.Message is Started)
            {
                versionsOf[delivery.Receiver] = [];
                gradientsOf[delivery.Receiver] = [];
                newest.Remove(delivery.Receiver);
            }

            var versions = versionsOf[delivery.Receiver];
            var gradients = gradientsOf[delivery.Receiver];
            Gain(delivery, versions, gradients);

            // While it works on a message, an actor may hold what it is about to drop. A server may have to go back by one, and delivers that as well.
            var most = (delivery.Receiver.Role == ActorRole.Worker ? 2 : 3) + kept;
            Assert.InRange(versions.Count, 0, most + 1);
            versions.ExceptWith(delivery.Effects.OfType<DropWeights>().Select(drop => drop.Version));
            gradients.ExceptWith(delivery.Effects.OfType<ReleaseGradient>().Select(release => release.Gradient));

            // The newest, one under evaluation, and the best epoch's where it may be wanted in the end; the server makes the next from the newest, which was counted above.
            Assert.InRange(versions.Count, 0, most);
            if (delivery.Effects.Any(effect => effect is Retire))
            {
                Assert.True(gradients.Count == 0 || delivery.Receiver.Role == ActorRole.ParameterServer);
                Assert.True(versions.Count == 0 || delivery.Receiver.Role != ActorRole.Worker);
            }
        }

        private void Gain(Delivery delivery, SortedSet<WeightVersion> versions, HashSet<GradientHandle> gradients)
        {
            switch (delivery.Message)
            {
                case WeightsPublished published when !delivery.Effects.Any(effect => effect is Refuse):
                    ObserveOrder(delivery.Receiver, published.Version);
                    versions.Add(published.Version);
                    break;
                case WeightsDelivered delivered:
                    versions.Add(delivered.Version);
                    break;
                case Welcome:
                    newest.Remove(delivery.Receiver);
                    break;
                case WeightsInitialized initialized:
                    versions.Add(initialized.Version);
                    break;
                case UpdateApplied applied:
                    versions.Add(applied.Step.Makes);
                    break;
                case GradientComputed computed:
                    gradients.UnionWith(computed.Nodes.Select(node => node.Gradient));
                    break;
                case Contribution contribution:
                    gradients.Add(contribution.Gradient);
                    break;
            }
        }

        /// <summary>New versions come one after another; only one under evaluation is older.</summary>
        private void ObserveOrder(ActorAddress worker, WeightVersion version)
        {
            if (newest.TryGetValue(worker, out var before) && version > before)
            {
                Assert.Equal(before.Value + 1, version.Value);
            }

            newest[worker] = newest.TryGetValue(worker, out before) && before > version ? before : version;
        }
    }
}

/// <summary>A run, the host that computed it, and its trace.</summary>
internal sealed record CheckedRun(SimulationResult Result, SymbolicHost Host, IReadOnlyList<string> Trace)
{
    /// <summary>What must be the same whoever took part.</summary>
    public IEnumerable<string> Outcome => Result.Reports
        .Select(report => $"{report.Epoch} {report.WeightsHash} {report.TrainLoss:R} {report.TrainAccuracy:R} {report.Test?.MeanLoss:R} {report.Test?.Accuracy:R} {report.Validation?.MeanLoss:R}")
        .Append($"{Result.Ending!.WeightsHash} {Result.Ending.Version} {Result.Ending.RestoredEpoch} {Result.Ending.Test?.MeanLoss:R}");
}
