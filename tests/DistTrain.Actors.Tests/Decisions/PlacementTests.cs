using System.Collections.Immutable;

namespace DistTrain.Actors.Tests.Decisions;

public class PlacementTests
{
    [Theory]
    [InlineData(null, "0")]
    [InlineData(3, "0 0 0")]
    public void Central_is_decided_at_once(int? shards, string expected)
    {
        var decision = Placement.Decide(Run(ShardPlacement.Central, shards), [], []);
        Assert.Equal(expected, Text(decision.Nodes!.Value));
        Assert.EndsWith("in the coordinator's process", decision.Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "3 7")]
    [InlineData(1, "3")]
    [InlineData(2, "3 7")]
    [InlineData(5, "3 7 3 7 3")]
    public void Workers_have_one_on_each_of_their_nodes_unless_told_otherwise(int? shards, string expected) =>
        Assert.Equal(expected, Text(Placement.Decide(Run(ShardPlacement.Workers, shards), [new(7), new(3), new(7)], [new(9)]).Nodes!.Value));

    [Fact]
    public void Workers_are_waited_for()
    {
        var decision = Placement.Decide(Run(ShardPlacement.Workers, null), [new(7), new(3)], []);
        Assert.Null(decision.Nodes);
        Assert.Equal("2 of 3 workers are here", decision.Reason);
    }

    [Theory]
    [InlineData(2, 1, 3, null)]
    [InlineData(2, 2, 0, "8 9")]
    [InlineData(2, 3, 0, "8 9")]
    [InlineData(null, 0, 3, null)]
    [InlineData(null, 2, 2, null)]
    [InlineData(null, 2, 3, "8 9")]
    public void Nodes_of_their_own_are_waited_for(int? shards, int servers, int workers, string? expected)
    {
        var decision = Placement.Decide(
            Run(ShardPlacement.Servers, shards), [.. Enumerable.Range(1, workers).Select(node => new NodeId(node))], [.. Enumerable.Range(8, servers).Reverse().Select(node => new NodeId(node))]);
        Assert.Equal(expected, decision.Nodes is { } nodes ? Text(nodes) : null);
    }

    [Theory]
    [InlineData("1 2 3", "2", "1 3", "1 1 3")]
    [InlineData("1 2 3", "1 2", "2 3 4", "4 3 3")]
    [InlineData("1 2 1 2", "1", "1 2 3", "3 2 3 2")]
    [InlineData("1 2", "1", "", "0 2")]
    [InlineData("1 2", "1 2", "1 2", "0 0")]
    public void What_leaves_goes_to_the_node_that_holds_fewest_and_the_rest_stays(string before, string leaving, string others, string expected)
    {
        var decision = Placement.Move(new ShardMap(1, Nodes(before)), Nodes(leaving), Nodes(others));
        Assert.Equal(expected, Text(decision.Nodes!.Value));
    }

    [Fact]
    public void A_move_says_what_goes_where() =>
        Assert.Equal("server-1 moves from node-2 to node-3", Placement.Move(new ShardMap(1, Nodes("1 2")), Nodes("2"), Nodes("1 3")).Reason);

    private static RunDefinition Run(ShardPlacement placement, int? shards) => TestRun.Definition(workers: 3) with { Placement = placement, ShardCount = shards };

    private static ImmutableArray<NodeId> Nodes(string text) => [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(node => new NodeId(int.Parse(node, System.Globalization.CultureInfo.InvariantCulture)))];

    private static string Text(IEnumerable<NodeId> nodes) => string.Join(' ', nodes.Select(node => node.Value));
}
