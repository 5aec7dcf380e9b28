using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Configuration;

/// <summary>Writes a configuration so that reading it gives an equal record: numbers in their shortest exact form, texts quoted where needed.</summary>
public static partial class ConfigurationWriter
{
    /// <param name="configuration">What to write; every key stands in the result.</param>
    /// <param name="heading">Lines of comment for the top, without the number sign.</param>
    public static string ToYaml(TrainConfiguration configuration, params IEnumerable<string> heading)
    {
        var yaml = new StringBuilder();
        foreach (var line in heading)
        {
            yaml.Append("# ").Append(line).Append('\n');
        }

        KeyGroup? group = null;
        foreach (var key in ConfigurationKeys.All)
        {
            if (group is not null && group != key.Group)
            {
                yaml.Append('\n');
            }

            group = key.Group;
            yaml.Append(key.Name).Append(':');
            AppendValue(yaml, key.Get(configuration));
        }

        return yaml.ToString();
    }

    /// <summary>One value in a line, as a flag takes it; a model that has no short form is given as its list of layers.</summary>
    public static string ToText(object? value) => value switch
    {
        null => ConfigurationKey.Automatic,
        bool flag => flag ? "yes" : "no",
        ModelSpecification model => model.ShortForm ?? string.Join(" ", ModelYaml.Format(model).Select(line => line[2..])),
        double number => number.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e'),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static void AppendValue(StringBuilder yaml, object? value)
    {
        if (value is ModelSpecification model && model.ShortForm is null)
        {
            yaml.Append('\n');
            foreach (var line in ModelYaml.Format(model))
            {
                yaml.Append("  ").Append(line).Append('\n');
            }

            return;
        }

        var text = ToText(value);
        yaml.Append(' ').Append(value is string && !PlainText().IsMatch(text) ? JsonSerializer.Serialize(text) : text).Append('\n');
    }

    /// <summary>Texts that mean themselves in YAML without quotes; a colon never ends them nor stands before a space.</summary>
    [GeneratedRegex(@"\A(?!null\z)[A-Za-z0-9_./][A-Za-z0-9_./,:=?&+-]*(?<!:)\z")]
    private static partial Regex PlainText();
}
