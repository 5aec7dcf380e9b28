namespace DistTrain.Simulation.WhatIf;

/// <summary>What predictions are made from where nothing else was measured.</summary>
public static class ReferenceMachine
{
    /// <summary>By <c>disttrain bench --calibrate</c>, on a quiet machine.</summary>
    public static Calibration Calibration { get; } = new()
    {
        Machine = "two cores of an AMD Zen 5 server processor, AVX-512",
        Processors = 2,
        Models =
        [
            new("mlp:512,512", 4e6, 1e-4, 15e-6, 0.1, 0.5e-9, 0.3e-9),
            new("cnn", 100e6, 1e-3, 300e-6, 0.1, 0.5e-9, 0.3e-9),
        ],
        GatherSecondsPerByte = 1e-10,
        MessageSeconds = 1e-6,
        RemoteMessageSeconds = 5e-6,
        WakeSeconds = 30e-6,
        LocalBytesPerSecond = 2e9,
        LocalLatencySeconds = 30e-6,
        Contention = 1.1,
    };
}
