using System.Collections.Immutable;

namespace DistTrain.Cli.Configuration;

/// <summary>A piece of a YAML file with the line on which it begins, 1-based.</summary>
internal abstract record YamlNode(long Line);

/// <param name="IsPlain">Written without quotes: only then may it be a number or a switch.</param>
internal sealed record YamlScalar(long Line, string Text, bool IsPlain) : YamlNode(Line)
{
    public bool IsNull => IsPlain && Text is "" or "~" or "null";
}

internal sealed record YamlList(long Line, ImmutableArray<YamlNode> Items) : YamlNode(Line);

/// <param name="Entries">In file order; keys are unique.</param>
internal sealed record YamlMap(long Line, ImmutableArray<(YamlScalar Key, YamlNode Value)> Entries) : YamlNode(Line);
