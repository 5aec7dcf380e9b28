using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Simulation.Tests.WhatIf;

public class StragglersTests
{
    [Theory]
    [InlineData("none")]
    [InlineData("slow:2:3.5")]
    [InlineData("random:0.01:10")]
    public void What_is_read_is_written_again(string text) => Assert.Equal(text, $"{Stragglers.Parse(text)}");

    [Theory]
    [InlineData("")]
    [InlineData("fast:1:2")]
    [InlineData("slow:0:2")]
    [InlineData("slow:1")]
    [InlineData("slow:1:0.5")]
    [InlineData("random:1.5:2")]
    [InlineData("random:-1:2")]
    [InlineData("random:NaN:2")]
    [InlineData("random:0.1:Infinity")]
    public void What_cannot_be_meant_is_refused(string text) => Assert.Throws<InvalidInputException>(() => Stragglers.Parse(text));

    [Fact]
    public void Slow_workers_are_the_first_in_every_step()
    {
        var slow = Stragglers.Parse("slow:2:3");
        Assert.Equal([3, 3, 1], Enumerable.Range(1, 3).Select(worker => slow.FactorOf(new WorkerId(worker), new StepNumber(9), 1)));
    }

    [Fact]
    public void Random_ones_come_as_often_as_asked_and_are_others_in_each_step()
    {
        var random = Stragglers.Parse("random:0.2:3");
        var drawn = Enumerable.Range(1, 100).Select(step => Enumerable.Range(1, 100).Where(worker => random.FactorOf(new WorkerId(worker), new StepNumber(step), 5) == 3).ToArray()).ToArray();
        Assert.InRange(drawn.Sum(workers => workers.Length), 1_800, 2_200);
        Assert.Equal(100, drawn.Select(workers => string.Join(' ', workers)).Distinct().Count());
    }
}
