namespace DistTrain.Simulation.WhatIf;

/// <summary>What predictions are made from where nothing else was measured.</summary>
public static class ReferenceMachine
{
    /// <summary>
    /// A virtual machine. Gradients are those of whole epochs of one worker on the quiet machine (cnn at batch 256: 15.3 s for 60,000 samples), less the update; the rest is from
    /// <c>disttrain bench --calibrate</c>.
    /// </summary>
    public static Calibration Calibration { get; } = new()
    {
        Machine = "two cores of an AMD Zen 5 server processor, AVX-512",
        Processors = 2,
        Models =
        [
            new("mlp:512,512", OperationsPerSample: 3_209_216, GradientSeconds: 120e-6, GradientSecondsPerSample: 13.2e-6, LargestError: 0, UpdateSecondsPerElement: 0.20e-9, ReductionSecondsPerElement: 0.45e-9),
            new("cnn", OperationsPerSample: 82_049_024, GradientSeconds: 1.7e-3, GradientSecondsPerSample: 242e-6, LargestError: 0, UpdateSecondsPerElement: 0.49e-9, ReductionSecondsPerElement: 0.41e-9),
        ],
        GatherSecondsPerByte = 30e-12,
        MessageSeconds = 1.6e-6,
        RemoteMessageSeconds = 2.3e-6,
        WakeSeconds = 10e-6,
        LocalBytesPerSecond = 2.2e9,
        LocalLatencySeconds = 11e-6,
        Contention = 1.05,
    };
}
