using System.Collections.Immutable;
using DistTrain.Learning;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace DistTrain.Cli.Configuration;

/// <summary>
/// Reads the part of YAML that configurations need: one document of maps, lists and scalars. Anchors, aliases and tags are refused, and nesting is bounded, so that no file
/// can make the program grow or recurse beyond its own size.
/// </summary>
internal sealed class YamlTreeReader
{
    private const int MaximumDepth = 16;
    private readonly string file;
    private readonly IParser parser;

    private YamlTreeReader(string file, IParser parser)
    {
        this.file = file;
        this.parser = parser;
    }

    /// <returns>The document's root, or null for a file without content.</returns>
    /// <exception cref="InvalidInputException">It is not YAML of this kind; the message names file and line.</exception>
    public static YamlNode? Read(string file, TextReader text)
    {
        var reader = new YamlTreeReader(file, new Parser(text));
        try
        {
            return reader.ReadDocument();
        }
        catch (YamlException fault)
        {
            throw reader.Refused(fault.Start.Line, $"this is not valid YAML: {fault.InnerException?.Message ?? fault.Message}", fault);
        }
    }

    private YamlNode? ReadDocument()
    {
        parser.Consume<StreamStart>();
        if (parser.TryConsume<StreamEnd>(out _))
        {
            return null;
        }

        parser.Consume<DocumentStart>();
        var root = ReadNode(0);
        parser.Consume<DocumentEnd>();
        if (parser.TryConsume<DocumentStart>(out var second))
        {
            throw Refused(second.Start.Line, "a second document begins here, but a configuration is one document");
        }

        return root is YamlScalar { IsNull: true } ? null : root;
    }

    private YamlNode ReadNode(int depth)
    {
        var start = parser.Current!.Start;
        if (depth > MaximumDepth)
        {
            throw Refused(start.Line, $"this is nested more than {MaximumDepth} deep");
        }

        if (parser.Current is AnchorAlias || (parser.Current is NodeEvent node && (!node.Anchor.IsEmpty || !node.Tag.IsEmpty)))
        {
            throw Refused(start.Line, "anchors, aliases and tags are not used in configurations: write the value itself");
        }

        if (parser.TryConsume<Scalar>(out var scalar))
        {
            return new YamlScalar(start.Line, scalar.Value, scalar.Style == ScalarStyle.Plain);
        }

        if (parser.TryConsume<SequenceStart>(out _))
        {
            var items = ImmutableArray.CreateBuilder<YamlNode>();
            while (!parser.TryConsume<SequenceEnd>(out _))
            {
                items.Add(ReadNode(depth + 1));
            }

            return new YamlList(start.Line, items.ToImmutable());
        }

        parser.Consume<MappingStart>();
        return ReadMap(start.Line, depth);
    }

    private YamlMap ReadMap(long line, int depth)
    {
        var entries = ImmutableArray.CreateBuilder<(YamlScalar, YamlNode)>();
        var lineOfKey = new Dictionary<string, long>(StringComparer.Ordinal);
        while (!parser.TryConsume<MappingEnd>(out _))
        {
            if (ReadNode(depth + 1) is not YamlScalar key)
            {
                throw Refused(line, "a key must be a plain word");
            }

            if (!lineOfKey.TryAdd(key.Text, key.Line))
            {
                throw Refused(key.Line, $"the key '{key.Text}' is already given on line {lineOfKey[key.Text]}");
            }

            entries.Add((key, ReadNode(depth + 1)));
        }

        return new YamlMap(line, entries.ToImmutable());
    }

    private InvalidInputException Refused(long line, string reason, Exception? inner = null)
    {
        var message = $"{file} line {line}: {reason}";
        return inner is null ? new InvalidInputException(message) : new InvalidInputException(message, inner);
    }
}
