using DistTrain.Actors;

namespace DistTrain.Simulation.WhatIf;

/// <summary>How much of a step's time links are needed, each in the direction that is used more.</summary>
/// <param name="BusiestNode">Whose link is busy most.</param>
/// <param name="BusiestSeconds">Of it, in a step.</param>
/// <param name="WorkerSeconds">The least of a node with a worker: without a shard, where not every one has some.</param>
internal readonly record struct LinkLoads(NodeId BusiestNode, double BusiestSeconds, double WorkerSeconds)
{
    public static LinkLoads Of(VirtualCluster cluster, int workers, double bytesPerSecond, int steps)
    {
        var loads = new LinkLoads(NodeId.Coordinator, 0, double.PositiveInfinity);
        foreach (var node in cluster.Nodes)
        {
            var (sent, received) = cluster.LoadsBefore[node.Id];
            var seconds = Math.Max(node.Outgoing.Bytes - sent, node.Incoming.Bytes - received) / bytesPerSecond / steps;
            if (seconds > loads.BusiestSeconds)
            {
                loads = loads with { BusiestNode = node.Id, BusiestSeconds = seconds };
            }

            if (node.Id.Value >= 1 && node.Id.Value <= workers && seconds < loads.WorkerSeconds)
            {
                loads = loads with { WorkerSeconds = seconds };
            }
        }

        return loads;
    }
}
