using DistTrain.Learning.Reduction;

namespace DistTrain.Actors.Tests.Decisions;

public class AssignmentTests
{
    [Theory]
    [InlineData("100,100,100", 16, "6/6/4")]
    [InlineData("100", 16, "16")]
    [InlineData("100,100", 16, "8/8")]
    [InlineData("100,100,100,100,100", 16, "4/4/4/4/0")]
    [InlineData("100,200", 16, "11/5")]
    [InlineData("200,100,200", 16, "4/8/4")]
    [InlineData("100,100,100", 2, "1/1/0")]
    [InlineData("400,100,100", 2, "0/1/1")]
    [InlineData("100,10000", 8, "8/0")]
    public void Known_cases(string relativeTimes, int count, string expected)
    {
        var decision = Assignment.Decide(Workers(relativeTimes), new WorkRange(0, count));
        Assert.Equal(expected, string.Join('/', decision.Ranges.Select(part => part.Range.Count)));
    }

    [Fact]
    public void The_reason_names_the_work_the_speeds_and_the_shares()
    {
        Assert.Equal("16 over 3 workers of equal speed: 6/6/4", Assignment.Decide(Workers("100,100,100"), new WorkRange(0, 16)).Reason);
        Assert.Equal("16 over 2 workers whose times are as 100:200: 11/5", Assignment.Decide(Workers("100,200"), new WorkRange(0, 16)).Reason);
    }

    [Fact]
    public void Ranges_are_contiguous_in_the_order_of_ids_and_cover_the_work()
    {
        var decision = Assignment.Decide(Workers("100,141,100,238,100"), new WorkRange(3, 61));
        Assert.Equal(3, decision.Ranges[0].Range.First);
        Assert.Equal(61, decision.Ranges[^1].Range.End);
        Assert.All(decision.Ranges.Zip(decision.Ranges.Skip(1)), pair => Assert.Equal(pair.First.Range.End, pair.Second.Range.First));
        Assert.Equal(decision.Ranges.Select(part => part.Worker).Order(), decision.Ranges.Select(part => part.Worker));
    }

    [Fact]
    public void A_busy_worker_gets_less()
    {
        WorkerCapacity[] workers = [new(new WorkerId(0), 100, BusyFor: 400), new(new WorkerId(1), 100)];
        Assert.Equal([2, 6], Assignment.Decide(workers, new WorkRange(0, 8)).Ranges.Select(part => part.Range.Count));
    }

    [Fact]
    public void More_workers_than_work_leaves_the_rest_idle()
    {
        var decision = Assignment.Decide(Workers(string.Join(',', Enumerable.Repeat("100", 70))), new WorkRange(0, 64));
        Assert.Equal(Enumerable.Range(64, 6).Select(i => new WorkerId(i)), decision.Idle);
    }

    [Theory]
    [InlineData("100,100,100,100,100", 8, "2/2/2/1/1")]
    [InlineData("100,10000", 8, "7/1")]
    [InlineData("100,100,100", 16, "6/6/4")]
    [InlineData("100,100,100", 2, "1/1/0")]
    public void Everybody_can_be_included(string relativeTimes, int count, string expected) =>
        Assert.Equal(expected, string.Join('/', Sizes(Assignment.Decide(Workers(relativeTimes), new WorkRange(0, count), includeEverybody: true))));

    [Fact]
    public void Every_small_case_is_the_best_of_all_assignments()
    {
        foreach (var times in (string[])["100", "100,100", "100,119", "100,168,100", "238,100,141", "100,100,100,100", "119,100,400,141"])
        {
            for (var first = 0; first <= 3; first++)
            {
                for (var count = 1; count <= 13; count++)
                {
                    var range = new WorkRange(first, first + count);
                    var workers = Workers(times);
                    Assert.Equal(BestByExhaustion(workers, range, smallest: 0), Sizes(Assignment.Decide(workers, range)));
                    var smallest = workers.Length <= count ? 1 : 0;
                    Assert.Equal(BestByExhaustion(workers, range, smallest), Sizes(Assignment.Decide(workers, range, includeEverybody: true)));
                }
            }
        }
    }

    /// <summary>The specification, tried on every assignment: earliest finish, fewest nodes, then more to lower ids.</summary>
    private static int[] BestByExhaustion(WorkerCapacity[] workers, WorkRange range, int smallest) => AllSizes(workers.Length, range.Count)
        .Where(sizes => sizes.Min() >= smallest)
        .OrderBy(sizes => sizes.Select((size, i) => size <= smallest ? 0 : workers[i].BusyFor + ((long)size * workers[i].RelativeTime)).Max())
        .ThenBy(sizes => NodeCount(sizes, range.First))
        .ThenByDescending(sizes => sizes, Comparer<int[]>.Create((left, right) => left.Zip(right, (one, other) => one.CompareTo(other)).FirstOrDefault(order => order != 0)))
        .First();

    private static int[] Sizes(AssignmentDecision decision) => [.. decision.Ranges.Select(part => part.Range.Count)];

    private static IEnumerable<int[]> AllSizes(int workers, int count) => workers == 1
        ? [[count]]
        : Enumerable.Range(0, count + 1).SelectMany(size => AllSizes(workers - 1, count - size).Select(rest => rest.Prepend(size).ToArray()));

    private static int NodeCount(int[] sizes, int first)
    {
        var nodes = 0;
        foreach (var size in sizes)
        {
            nodes += TreeNode.Cover(first, first + size).Count;
            first += size;
        }

        return nodes;
    }

    private static WorkerCapacity[] Workers(string relativeTimes) =>
        [.. relativeTimes.Split(',').Select((time, i) => new WorkerCapacity(new WorkerId(i), int.Parse(time, System.Globalization.CultureInfo.InvariantCulture)))];
}
