namespace DistTrain.Cli.Commands;

/// <summary>Runs the real actors under virtual time, to learn something of runs that are not there.</summary>
public static class SimulateCommand
{
    /// <param name="whatIf">What to predict; null where nothing was asked.</param>
    /// <param name="faults">What is to go wrong; null where nothing was asked.</param>
    public static ExitCode Run(WhatIfRequest? whatIf, FaultsRequest? faults, Host host) => (whatIf, faults) switch
    {
        (null, null) => throw new CommandException(
            ExitCode.WrongUsage, "simulate needs to be told what: --workers 64 predicts how a training of up to 64 workers would go, --runs 1000 lets clusters of processes die and checks that no run notices"),
        (not null, not null) => throw new CommandException(ExitCode.WrongUsage, "simulate either predicts (--workers) or checks what survives faults (--runs, --seconds, --trace), not both at once"),
        (not null, null) => WhatIfCommand.Run(whatIf, host),
        (null, not null) => FaultsCommand.Run(faults, host),
    };
}
