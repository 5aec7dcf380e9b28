namespace DistTrain.Cli.Commands;

/// <summary>Runs the real actors under virtual time, to learn something of runs that are not there.</summary>
public static class SimulateCommand
{
    /// <param name="whatIf">What to predict; null where nothing was asked.</param>
    public static ExitCode Run(WhatIfRequest? whatIf, Host host) => whatIf is not null
        ? WhatIfCommand.Run(whatIf, host)
        : throw new CommandException(ExitCode.WrongUsage, "simulate needs to be told what: --workers 64 predicts how a training of up to 64 workers would go");
}
