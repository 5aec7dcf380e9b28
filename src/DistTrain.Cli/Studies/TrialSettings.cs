using DistTrain.Cli.Configuration;
using DistTrain.Learning;

namespace DistTrain.Cli.Studies;

/// <summary>Settings of trials are configuration keys, by the names that they have everywhere.</summary>
internal static class TrialSettings
{
    /// <exception cref="InvalidInputException">There is no such key, or the value does not suit it.</exception>
    public static TrainConfiguration Apply(TrainConfiguration configuration, string name, string value)
    {
        var key = ConfigurationKeys.Find(name) ?? throw new InvalidInputException($"there is no setting '{name}'{Nearest(name)}");
        try
        {
            return key.Read(configuration, value);
        }
        catch (InvalidValueException fault)
        {
            throw new InvalidInputException($"{name} {fault.Message}");
        }
    }

    private static string Nearest(string name)
    {
        var nearest = ConfigurationKeys.All.Select(key => key.Name).MinBy(key => EditDistance.Between(key, name))!;
        return EditDistance.Between(nearest, name) <= 3 ? $": did you mean '{nearest}'?" : "";
    }
}
