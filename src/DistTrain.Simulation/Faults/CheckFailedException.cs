namespace DistTrain.Simulation.Faults;

/// <summary>Something that must never happen has happened in a simulated run: one sentence says what.</summary>
public sealed class CheckFailedException(string sentence, Exception? inner = null) : Exception(sentence, inner);

/// <summary>The process died, as by SIGKILL, in the middle of what it was doing.</summary>
internal sealed class ProcessKilledException() : Exception("the process was killed");
