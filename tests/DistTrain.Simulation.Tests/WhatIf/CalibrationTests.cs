using DistTrain.Learning;
using DistTrain.Simulation.WhatIf;

namespace DistTrain.Simulation.Tests.WhatIf;

public class CalibrationTests
{
    private static readonly Calibration Reference = ReferenceMachine.Calibration;

    [Fact]
    public void What_is_written_is_read_again()
    {
        var read = Calibration.Read(Reference.Write(), "file");
        Assert.Equal(Reference.Models.AsEnumerable(), read.Models);
        Assert.Equal(Reference, read with { Models = Reference.Models });
    }

    [Fact]
    public void A_measured_model_has_its_own_costs()
    {
        var known = Reference.Models[1];
        var (costs, measured) = Reference.CostsOf(known.Model, known.OperationsPerSample, 3136);
        Assert.Equal(known, measured);
        Assert.Equal((known.GradientSeconds, known.GradientSecondsPerSample), (costs.GradientSeconds, costs.GradientSecondsPerSample));
        Assert.Equal(Reference.GatherSecondsPerByte * 3136, costs.GatherSecondsPerSample);
    }

    [Fact]
    public void Another_model_does_as_many_operations_a_second_as_the_nearest()
    {
        var near = Reference.Models[0];
        var (costs, measured) = Reference.CostsOf("mlp:700,700", near.OperationsPerSample * 1.5, 3136);
        Assert.Equal(near, measured);
        Assert.Equal(near.GradientSecondsPerSample * 1.5, costs.GradientSecondsPerSample, 1e-12);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[1, 2]")]
    [InlineData("{\"machine\": 3}")]
    public void What_is_no_calibration_is_refused(string text) => Assert.Throws<InvalidInputException>(() => Calibration.Read(text, "file"));

    [Fact]
    public void What_cannot_have_been_measured_is_refused()
    {
        Refused(Reference with { Processors = 0 });
        Refused(Reference with { Models = [] });
        Refused(Reference with { MessageSeconds = -1 });
        Refused(Reference with { Contention = 0.5 });
        Refused(Reference with { LocalBytesPerSecond = 0 });
        Refused(Reference with { Models = [Reference.Models[0] with { GradientSecondsPerSample = 1e9 }] });
        Refused(Reference with { Models = [Reference.Models[0] with { OperationsPerSample = 0 }] });
    }

    private static void Refused(Calibration calibration) =>
        Assert.Contains("file is no calibration", Assert.Throws<InvalidInputException>(() => Calibration.Read(calibration.Write(), "file")).Message, StringComparison.Ordinal);
}
