using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>Names what takes most of a step's time on the critical path.</summary>
internal static class Bottleneck
{
    /// <summary>Where a server's link carries so many times as much as a worker's, it is the servers that are the limit, and not everybody's bandwidth.</summary>
    private const double FanInRatio = 1.5;

    public static (Limit Limit, string Reason) Decide(WhatIfQuestion question, ImmutableArray<double> phases, double stepSeconds, LinkLoads loads)
    {
        double Of(params ReadOnlySpan<Phase> some)
        {
            var sum = 0.0;
            foreach (var phase in some)
            {
                sum += phases[(int)phase];
            }

            return sum;
        }

        var isFanIn = question.Workers > 1 && loads.BusiestSeconds > loads.WorkerSeconds * FanInRatio;
        (Limit Limit, double Seconds)[] shares =
        [
            (Limit.Compute, Of(Phase.Compute)),
            (Limit.Stragglers, Of(Phase.Straggling)),
            (isFanIn ? Limit.ServerFanIn : Limit.Bandwidth, Of(Phase.GradientsUp, Phase.FanIn, Phase.FanOut, Phase.WeightsDown)),
            (Limit.Latency, Of(Phase.Latency)),
            (Limit.Update, Of(Phase.Reduction, Phase.Update)),
            (Limit.Messages, Of(Phase.Messages)),
        ];
        var (limit, seconds) = shares.MaxBy(share => share.Seconds);
        return (limit, $"{Describe(limit, question, loads, stepSeconds)} ({Percent(seconds / stepSeconds)} of a step)");
    }

    private static string Describe(Limit limit, WhatIfQuestion question, LinkLoads loads, double stepSeconds) => limit switch
    {
        Limit.Compute => "computing the gradients",
        Limit.Stragglers => $"waiting for stragglers ({question.Stragglers})",
        Limit.ServerFanIn => $"the servers' fan-in: {question.Workers} workers share {Links(question)}, busy {Percent(loads.BusiestSeconds / stepSeconds)} of the time",
        Limit.Bandwidth => $"every node's own link, busy {Percent(loads.BusiestSeconds / stepSeconds)} of the time",
        Limit.Latency => "the network's latency",
        Limit.Update => "adding gradients and applying the optimizer",
        _ => "handling messages and waking threads",
    };

    private static string Links(WhatIfQuestion question) => question.Placement switch
    {
        ShardPlacement.Central => "the coordinator's link",
        _ when question.ShardCount == 1 => "the link of the node with the only shard",
        _ => $"the links of the nodes with {question.ShardCount} shards",
    };

    private static string Percent(double share) => string.Create(CultureInfo.InvariantCulture, $"{share * 100:F0} %");
}
