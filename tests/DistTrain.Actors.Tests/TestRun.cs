using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests;

/// <summary>Values that the tests share.</summary>
internal static class TestRun
{
    public static readonly ShardId Shard = new(0);
    public static readonly ActorAddress Server = ActorAddress.Of(Shard);
    public static readonly Header Header = new(new Term(1), new Incarnation(1), default);
    public static readonly ShardMap Map = new(1, [NodeId.Coordinator]);

    public static RunDefinition Definition(
        int samples = 96, int batch = 32, int? microBatches = 8, int epochs = 2, int workers = 2, int tests = 40, int runAhead = 2, Schedule? schedule = null) => new()
        {
            SampleCount = samples,
            BatchSize = batch,
            MicroBatchCount = microBatches,
            Epochs = epochs,
            LearningRate = 0.5,
            Schedule = schedule ?? new ConstantSchedule(),
            TestSampleCount = tests,
            HasClasses = true,
            WorkerCount = workers,
            Arithmetic = "f32",
            EvaluationBlockSize = 16,
            RunAheadSteps = runAhead,
        };

    /// <summary>The settings of a step's epoch, where no metric decides.</summary>
    public static EpochSettings EpochOf(RunDefinition definition, long step)
    {
        var epoch = EpochSettings.First(definition);
        while (epoch.LastStep(definition).Value < step)
        {
            epoch = epoch.Next(definition);
        }

        return epoch;
    }

    public static WorkerId Worker(int number) => new(number);

    public static Header Session(long session) => Header.For(new SessionNumber(session));

    public static StepNumber StepOf(long step) => new(step);

    public static WeightVersion Version(long version) => new(version);

    public static MiniBatch Batch(long step, int samples = 32, int microBatches = 8, int first = 0) => new(new StepNumber(step), 1, first, samples, microBatches);

    public static NodeStatistics Statistics(int samples, double loss = 1) => new(loss, samples / 2, samples);

    /// <summary>A contribution of worker n in session n; every micro-batch has four samples.</summary>
    public static Contribution Contribution(long step, int level, int index, int worker = 1, long handle = 1, long? session = null) => new(
        Session(session ?? worker), Worker(worker), StepOf(step), Shard, new TreeNode(level, index), new GradientHandle(handle), Statistics(4 << level), 100);

    /// <summary>Hands an actor a message and gives the effects.</summary>
    public static IReadOnlyList<Effect> On(this IActor actor, Message message, long milliseconds = 0)
    {
        var effects = new EffectList();
        actor.Step(new Timestamp(milliseconds * 1000), message, effects);
        return effects;
    }

    public static IEnumerable<T> Sent<T>(this IReadOnlyList<Effect> effects)
        where T : ActorMessage => effects.OfType<Send>().Select(send => send.Message).OfType<T>();

    public static IEnumerable<ActorAddress> Receivers<T>(this IReadOnlyList<Effect> effects)
        where T : ActorMessage => effects.OfType<Send>().Where(send => send.Message is T).Select(send => send.To);

    /// <summary>Why the message was refused; fails if it was not.</summary>
    public static string Refusal(this IReadOnlyList<Effect> effects) => Assert.Single(effects.OfType<Refuse>()).Reason;
}
