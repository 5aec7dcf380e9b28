using System.Collections.Immutable;
using System.CommandLine;
using DistTrain.Cli.Chaos;
using DistTrain.Cli.Commands;
using DistTrain.Cli.Configuration;

namespace DistTrain.Cli.CommandLine;

/// <summary>The proof of recovery.</summary>
internal sealed partial class CommandTree
{
    private readonly Option<string> kills = new("--kills") { HelpName = "COUNT", Description = FormattableString.Invariant($"processes to kill; for every {ChaosSchedule.KillsPerDisturbance} of them one is stopped or cut off besides [{ChaosRequest.DefaultKills}]") };
    private readonly Option<string> roles = new("--roles") { HelpName = "ROLES", Description = "whose processes: worker, server, coordinator, with commas between [all that the placement has]" };
    private readonly Option<string> restartSeconds = new("--restart-seconds") { HelpName = "TIME", Description = FormattableString.Invariant($"what may pass, besides making good what was lost, until a death is noticed and everybody has joined again [{ChaosRequest.DefaultRestartSeconds}]") };
    private readonly Option<string> giveUpSeconds = new("--give-up-seconds") { HelpName = "TIME", Description = FormattableString.Invariant($"standing still for so long is a failure [{ChaosRequest.DefaultGiveUpSeconds}]") };
    private readonly Option<bool> keep = new("--keep") { Description = "leave run directories and logs where they are; after a failure they stay anyway" };

    private static ImmutableArray<string> RoleNames { get; } = [.. Enum.GetNames<ChaosRole>().Select(name => name.ToLowerInvariant())];

    private void AddChaosCommand() => Add(
        "chaos", "prove on this machine that a run survives its processes: kill, stop and cut them, and compare every bit", CommandExamples.Chaos, ProveByChaos, [],
        [kills, roles, restartSeconds, giveUpSeconds, keep, json, configurationFile, .. ChaosOptions()],
        defaults: ChaosRequest.DefaultConfiguration);

    /// <summary>What is trained, and how often a checkpoint is taken; not what a chaos run decides by itself.</summary>
    private IEnumerable<Option> ChaosOptions()
    {
        string[] cluster = ["placement", "shards", "heartbeat-milliseconds", "silence-seconds", "reconnect-seconds", "akka-config"];
        return settings
            .Where(setting => setting.Key.Group != KeyGroup.Cluster || cluster.Contains(setting.Key.Name))
            .Select(setting => setting.Option);
    }

    private ExitCode ProveByChaos(ParseResult line)
    {
        var configuration = Overlay(line, line.GetValue(configurationFile) is { } file ? ConfigurationFile.Read(file, ChaosRequest.DefaultConfiguration) : ChaosRequest.DefaultConfiguration);
        var given = Read(line, roles, Roles);
        ImmutableArray<ChaosRole> all = configuration.Placement is null or Actors.ShardPlacement.Servers
            ? [ChaosRole.Worker, ChaosRole.Server, ChaosRole.Coordinator]
            : [ChaosRole.Worker, ChaosRole.Coordinator];
        return ChaosCommand.Run(
            new ChaosRequest
            {
                Kills = ReadValue(line, kills, text => ValueReading.WholeNumber(text, 1)) ?? ChaosRequest.DefaultKills,
                Roles = given is null ? all : [.. given],
                Configuration = configuration,
                RestartSeconds = Seconds(line, restartSeconds, ChaosRequest.DefaultRestartSeconds).TotalSeconds,
                GiveUpSeconds = Seconds(line, giveUpSeconds, ChaosRequest.DefaultGiveUpSeconds).TotalSeconds,
                Json = line.GetValue(json),
                Keep = line.GetValue(keep),
            },
            host);
    }

    private static ChaosRole[] Roles(string text) =>
        [.. text.Split(',').Select(word => (ChaosRole)RoleNames.IndexOf(ValueReading.OneOf(word.Trim(), RoleNames))).Distinct().Order()];
}
