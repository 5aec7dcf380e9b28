using System.Text.Json;
using DistTrain.Learning.Optimization;

namespace DistTrain.Learning.Tests.Optimization;

/// <summary>Rates recorded from PyTorch's schedulers by Recorded/record_schedules.py; the file says with which version.</summary>
public class RecordedSchedulesTests
{
    private static readonly JsonElement Recorded = Load();

    private static readonly Dictionary<string, Schedule> Schedules = new()
    {
        ["step"] = new StepSchedule(3, 0.3),
        ["multi-step"] = new MultiStepSchedule([2, 5, 9], 0.3),
        ["exponential"] = new ExponentialSchedule(0.87),
        ["polynomial"] = new PolynomialSchedule(1.7, 0),
        ["cosine"] = new CosineSchedule(0.05),
        ["one-cycle"] = new OneCycleSchedule(null, 0.37, 20, 500),
        ["warm-up steps"] = new WarmUpSchedule(new WarmUp(17, 0, 0.15), new ConstantSchedule()),
        ["warm-up epochs, cosine"] = new WarmUpSchedule(new WarmUp(0, 2, 0.25), new CosineSchedule(0)),
    };

    public static TheoryData<string> Names => [.. Schedules.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_schedule_gives_PyTorchs_rates(string name)
    {
        var baseRate = Recorded.GetProperty("baseRate").GetDouble();
        var stepsPerEpoch = Recorded.GetProperty("stepsPerEpoch").GetInt32();
        var epochs = Recorded.GetProperty("epochs").GetInt32();
        var expected = Recorded.GetProperty("rates").GetProperty(name).EnumerateArray().Select(rate => rate.GetDouble()).ToArray();
        Assert.Equal(stepsPerEpoch * epochs, expected.Length);
        for (var step = 1; step <= expected.Length; step++)
        {
            var rate = Schedules[name].LearningRate(baseRate, TrainingProgress.Of(step, stepsPerEpoch, epochs));

            // PyTorch multiplies the rate from step to step, so its own values have rounding errors.
            Assert.True(Math.Abs(rate - expected[step - 1]) <= 1e-13, $"step {step}: {rate} is not {expected[step - 1]}");
        }
    }

    [Fact]
    public void Every_recorded_scheduler_is_tested() =>
        Assert.Equal(Schedules.Keys.Order(), Recorded.GetProperty("rates").EnumerateObject().Select(property => property.Name).Order());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void A_plateau_lowers_the_rate_when_PyTorch_does(int index)
    {
        var recorded = Recorded.GetProperty("plateaus")[index];
        var metric = MonitoredMetric.Parse(recorded.GetProperty("lower").GetBoolean() ? "validation-loss" : "validation-accuracy");
        var rule = new PlateauRule(metric, recorded.GetProperty("patience").GetInt32(), recorded.GetProperty("threshold").GetDouble(), recorded.GetProperty("cooldown").GetInt32());
        var plateau = new RatePlateau(recorded.GetProperty("factor").GetDouble(), recorded.GetProperty("minimum").GetDouble());
        var baseRate = Recorded.GetProperty("baseRate").GetDouble();
        var (state, factor) = (default(PlateauState), 1.0);
        var rates = new List<double>();
        foreach (var value in recorded.GetProperty("metrics").EnumerateArray())
        {
            rates.Add(baseRate * factor);
            var decision = rule.Decide(state, value.GetDouble());
            state = decision.Next;
            factor = decision.IsPlateau ? plateau.Lower(baseRate, factor) : factor;
        }

        var expected = recorded.GetProperty("rates").EnumerateArray().Select(rate => rate.GetDouble()).ToArray();
        Assert.True(expected.Distinct().Count() > 2, "the recorded rates show no falls");
        Assert.All(expected.Zip(rates), pair => Assert.Equal(pair.First, pair.Second, 1e-13));
    }

    private static JsonElement Load()
    {
        using var stream = typeof(RecordedSchedulesTests).Assembly.GetManifestResourceStream("schedules.json")!;
        return JsonDocument.Parse(stream).RootElement.Clone();
    }
}
