using DistTrain.Actors;
using DistTrain.Runtime.Hosting;

namespace DistTrain.Runtime.Cluster;

/// <summary>The shards that a map gives to this process.</summary>
internal static class LocalShards
{
    /// <summary>Ends the server actors of earlier maps and makes those of this one.</summary>
    public static void Replace(LocalActors actors, ShardMap map, NodeId own)
    {
        actors.Place(map);
        foreach (var earlier in actors.Addresses.Where(address => address.Role == ActorRole.ParameterServer).ToArray())
        {
            actors.Remove(earlier);
        }

        actors.Add(map.Shards.Where(shard => map.NodeOf(shard) == own).Select(shard => new ParameterServerActor(shard)));
    }
}
