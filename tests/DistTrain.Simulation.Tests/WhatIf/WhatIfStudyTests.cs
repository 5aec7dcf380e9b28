using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Simulation.Tests.WhatIf;

/// <summary>Predictions against what they must be by simple reckoning.</summary>
public class WhatIfStudyTests
{
    private const double BytesPerSecond = 1.25e9;

    /// <summary>Large against a chunk, so that shards are nearly alike.</summary>
    private static readonly ParameterLayout Layout = ModelSpecification.Parse("mlp:1024,1024,784").Build(new TensorShape(28, 28), 10).Layout;

    /// <summary>Of the parameters.</summary>
    private static readonly double Elements = Layout.Tensors.Sum(tensor => (double)tensor.Length);

    private static readonly double TransferSeconds = 4 * Elements / BytesPerSecond;

    private static readonly CostModel Costs = new()
    {
        GradientSeconds = 1e-3,
        GradientSecondsPerSample = 1e-4,
        UpdateSecondsPerElement = 1e-9,
        ReductionSecondsPerElement = 5e-10,
        Processors = 1,
    };

    private static readonly WhatIfQuestion Question = new() { Layout = Layout, Costs = Costs, BatchSize = 1024, MicroBatches = 64, Workers = 1 };

    private static double Gradient(double samples) => 1e-3 + (1e-4 * samples);

    private static double Update(int nodes) => Elements * (1e-9 + (5e-10 * (nodes - 1)));

    [Fact]
    public void One_worker_that_holds_the_weights_takes_compute_and_update() =>
        Equal(Gradient(1024) + Update(1), WhatIfStudy.PredictAlone(Question).StepSeconds, 1e-6);

    [Fact]
    public void One_worker_with_samples_to_gather_gathers_them_between_two_steps() =>
        Equal(Gradient(1024) + Update(1) + (1024 * 1e-5), WhatIfStudy.PredictAlone(Question with { Costs = Costs with { GatherSecondsPerSample = 1e-5 } }).StepSeconds, 0.02);

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    [InlineData(64)]
    public void Without_a_network_in_the_way_the_samples_are_all_that_is_divided(int workers)
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = workers, Costs = Costs with { UpdateSecondsPerElement = 0, ReductionSecondsPerElement = 0 } });
        Equal(Gradient(1024.0 / workers), prediction.StepSeconds, 1e-6);
        Assert.Equal(Limit.Compute, prediction.Limit);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(16)]
    [InlineData(64)]
    public void Central_shards_send_and_receive_everything_by_one_link(int workers)
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = workers, BytesPerSecond = BytesPerSecond, LatencySeconds = 50e-6 });
        Equal(Gradient(1024.0 / workers) + (2 * workers * TransferSeconds) + Update(workers) + 100e-6, prediction.StepSeconds, 0.001);
    }

    [Fact]
    public void The_servers_fan_in_is_named_where_it_is_the_limit()
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = 64, BytesPerSecond = BytesPerSecond });
        Assert.Equal(Limit.ServerFanIn, prediction.Limit);
        Assert.Contains("64 workers share the coordinator's link", prediction.LimitReason, StringComparison.Ordinal);
        Assert.Equal(NodeId.Coordinator, prediction.BusiestLinkNode);
        Equal(64 * TransferSeconds / prediction.StepSeconds, prediction.BusiestLinkShare, 1e-3);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void Shards_on_the_workers_nodes_send_what_an_all_reduce_does(int workers)
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = workers, Placement = ShardPlacement.Workers, BytesPerSecond = BytesPerSecond });
        var transfers = 2 * TransferSeconds * (workers - 1) / workers;

        // Shards are equal only but for a chunk of each tensor.
        Equal(Gradient(1024.0 / workers) + transfers + (Update(workers) / workers), prediction.StepSeconds, 0.05);
        Assert.Equal(0, prediction.BytesPerStep - (2.0 * 4 * Elements * (workers - 1)), 1e-3);
    }

    [Fact]
    public void Shards_on_more_nodes_divide_the_fan_in()
    {
        var one = Transfers(WhatIfStudy.Predict(Question with { Workers = 32, Placement = ShardPlacement.Servers, Shards = 1, BytesPerSecond = BytesPerSecond }));
        var four = Transfers(WhatIfStudy.Predict(Question with { Workers = 32, Placement = ShardPlacement.Servers, Shards = 4, BytesPerSecond = BytesPerSecond }));
        Equal(one / 4, four, 0.05);
    }

    [Fact]
    public void More_workers_than_micro_batches_stay_idle_and_are_warned_of()
    {
        var enough = WhatIfStudy.Predict(Question with { Workers = 64, MicroBatches = 64 });
        var more = WhatIfStudy.Predict(Question with { Workers = 128, MicroBatches = 64 });
        Equal(enough.StepSeconds, more.StepSeconds, 1e-9);
        Assert.Equal(64, more.IdleWorkers);
        Assert.Contains(more.Warnings, warning => warning.Contains("64 of 128 workers busy", StringComparison.Ordinal) && warning.EndsWith("stay idle", StringComparison.Ordinal));
        Assert.Empty(enough.Warnings);
        Assert.Equal(0, enough.IdleWorkers);
    }

    [Fact]
    public void More_shards_than_chunks_are_warned_of()
    {
        var shards = Layout.Chunks.Length + 38;
        Assert.Contains($"38 of {shards} shards hold nothing", Assert.Single(WhatIfStudy.Predict(Question with { Workers = 2, Shards = shards }).Warnings), StringComparison.Ordinal);
        Assert.Empty(WhatIfStudy.Predict(Question with { Workers = 2, Shards = Layout.Chunks.Length }).Warnings);
    }

    [Fact]
    public void Latency_is_named_where_it_is_the_limit()
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = 8, LatencySeconds = 1 });
        Assert.Equal(Limit.Latency, prediction.Limit);
        Equal(2 + Gradient(128) + Update(8), prediction.StepSeconds, 0.001);
    }

    [Fact]
    public void The_update_is_named_where_it_is_the_limit() =>
        Assert.Equal(Limit.Update, WhatIfStudy.Predict(Question with { Workers = 8, Costs = Costs with { UpdateSecondsPerElement = 1e-6 } }).Limit);

    [Fact]
    public void Bandwidth_is_named_where_every_link_is_the_limit() =>
        Assert.Equal(Limit.Bandwidth, WhatIfStudy.Predict(Question with { Workers = 8, Placement = ShardPlacement.Workers, BytesPerSecond = 1e6 }).Limit);

    [Fact]
    public void Messages_are_named_where_they_are_the_limit() =>
        Assert.Equal(Limit.Messages, WhatIfStudy.Predict(Question with { Workers = 64, Costs = Costs with { MessageSeconds = 1e-2 } }).Limit);

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(48)]
    public void The_phases_of_the_critical_path_add_up_to_the_step(int workers)
    {
        var prediction = WhatIfStudy.Predict(Question with
        {
            Workers = workers,
            Shards = 3,
            BytesPerSecond = BytesPerSecond,
            LatencySeconds = 1e-4,
            Costs = Costs with { MessageSeconds = 1e-6, RemoteMessageSeconds = 5e-6, WakeSeconds = 2e-5, GatherSecondsPerSample = 1e-6 },
            Stragglers = new RandomStragglers(0.2, 3),
        });
        Equal(prediction.StepSeconds, prediction.SecondsByPhase.Sum(), 1e-9);
    }

    [Fact]
    public void A_straggler_makes_every_step_wait_until_the_coordinator_knows_it()
    {
        var even = WhatIfStudy.Predict(Question with { Workers = 4 });
        var random = WhatIfStudy.Predict(Question with { Workers = 4, Stragglers = new RandomStragglers(1, 3) });
        Equal(even.StepSeconds + (2 * Gradient(256)), random.StepSeconds, 1e-3);
        Equal(2 * Gradient(256), random.SecondsByPhase[(int)Phase.Straggling], 1e-3);

        // One of four is three times as slow: left alone it would make each step wait; the coordinator gives it about a third of what others get.
        var slow = WhatIfStudy.Predict(Question with { Workers = 4, Stragglers = new SlowWorkers(1, 3) });
        Assert.InRange(slow.StepSeconds, even.StepSeconds, even.StepSeconds + Gradient(256));
    }

    [Fact]
    public void Half_of_the_steps_wait_where_half_of_them_have_a_straggler()
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = 1, Steps = 400, Stragglers = new RandomStragglers(0.5, 2) });
        Assert.InRange(prediction.SecondsByPhase[(int)Phase.Straggling] / Gradient(1024), 0.4, 0.6);
        Equal(Gradient(1024) * 2, prediction.LongestStepSeconds - Update(1), 1e-3);
    }

    [Fact]
    public void One_seed_gives_one_answer_and_others_give_others()
    {
        var question = Question with { Workers = 16, Shards = 4, BytesPerSecond = BytesPerSecond, LatencySeconds = 1e-4, Stragglers = new RandomStragglers(0.1, 4), Seed = 7 };
        var first = WhatIfStudy.Predict(question);
        var again = WhatIfStudy.Predict(question);
        Assert.Equal(first.StepSeconds, again.StepSeconds);
        Assert.Equal(first.SecondsByPhase.AsEnumerable(), again.SecondsByPhase);
        Assert.NotEqual(first.StepSeconds, WhatIfStudy.Predict(question with { Seed = 8 }).StepSeconds);
    }

    [Fact]
    public void Workers_of_one_machine_share_its_processors()
    {
        var costs = Costs with { Processors = 2, Contention = 1.2 };
        Assert.Equal(1, costs.Sharing(1));
        Assert.Equal(1.2, costs.Sharing(2), 1e-12);
        Assert.Equal(2.4, costs.Sharing(4), 1e-12);
        var two = WhatIfStudy.Predict(Question with { Workers = 2, Costs = costs, On = Surroundings.Threads });
        Equal((1.2 * Gradient(512)) + (Update(2) / 2), two.StepSeconds, 1e-3);
    }

    [Theory]
    [InlineData(0, 1, 1)]
    [InlineData(1, 0, 1)]
    [InlineData(1, 1, 0)]
    [InlineData(70_000, 1, 1)]
    public void What_cannot_be_asked_is_refused(int workers, int shards, int batch) =>
        Assert.Throws<InvalidInputException>(() => WhatIfStudy.Predict(Question with { Workers = workers, Shards = shards, BatchSize = batch }));

    [Fact]
    public void A_thousand_workers_are_no_more_than_a_longer_wait()
    {
        var prediction = WhatIfStudy.Predict(Question with { Workers = 1024, MicroBatches = 1024, Shards = 4, Placement = ShardPlacement.Servers, BytesPerSecond = BytesPerSecond });
        Equal(Gradient(1) + (2 * 1024 * TransferSeconds / 4) + (Update(1024) / 4), prediction.StepSeconds, 0.05);
    }

    private static double Transfers(Prediction prediction) => ((Phase[])[Phase.GradientsUp, Phase.FanIn, Phase.FanOut, Phase.WeightsDown]).Sum(phase => prediction.SecondsByPhase[(int)phase]);

    private static void Equal(double expected, double actual, double share) =>
        Assert.True(Math.Abs(actual - expected) <= share * expected, $"expected {expected:G6} within {share:P2}, but it is {actual:G6}");
}
