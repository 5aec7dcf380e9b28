using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>
/// Makes samples for next-step prediction of a text: sample <c>i</c> holds the numbers of the tokens <c>i·steps</c> to <c>(i + 1)·steps − 1</c>, and its labels are those of the tokens that follow each. The samples
/// do not overlap; what is left at the end is dropped.
/// </summary>
internal static class TextDataReader
{
    private const int ByteCount = 256;

    /// <param name="source">The file and how it is cut.</param>
    /// <param name="vocabulary">The tokens by number where a model has given them numbers; null to number those that occur.</param>
    /// <param name="limits">Bounds on the file's length and the number of different characters.</param>
    /// <exception cref="InvalidInputException">The file cannot be read, is too short, is no UTF-8, or has a character that is not in the vocabulary.</exception>
    public static RawData Read(TextSource source, ImmutableArray<string>? vocabulary, DataLimits limits)
    {
        if (source.Scaling is not (null or ScalingKind.None))
        {
            throw new InvalidInputException($"{source.File} is text: its inputs are numbers of tokens, which scaling would make meaningless (use scaling=none).");
        }

        var bytes = ReadBytes(source.File, limits);
        var (tokens, names) = source.Tokens == TextTokens.Bytes ? (Array.ConvertAll(bytes, value => (int)value), ByteNames()) : NumberCharacters(source.File, bytes, vocabulary, limits);
        var sampleCount = (tokens.Length - 1) / source.Steps;
        if (sampleCount < 1)
        {
            throw new InvalidInputException($"{source.File} has {tokens.Length} tokens, too few for a sample of {source.Steps} steps and the token behind it.");
        }

        var inputs = Array.ConvertAll(tokens[..(sampleCount * source.Steps)], token => (float)token);
        var labels = tokens.AsMemory(1, sampleCount * source.Steps);
        return new RawData
        {
            Name = Path.GetFileNameWithoutExtension(source.File),
            Description = string.Create(
                CultureInfo.InvariantCulture, $"{sampleCount:N0} samples of {source.Steps} steps, {names.Length:N0} different tokens, from {source.File}"),
            SampleShape = new TensorShape(source.Steps),
            Train = new RawPart(inputs, new ClassLabels(labels, names, source.Steps)),
            Test = null,
            DefaultScaling = ScalingKind.None,
            KnownMaximum = null,
        };
    }

    private static byte[] ReadBytes(string path, DataLimits limits) => InputFile.Read(path, input =>
    {
        var most = (int)Math.Min(limits.MaximumTextBytes, Math.Min(limits.MaximumValues, Array.MaxLength));
        var bytes = input.ReadUpTo(most);
        return input.IsAtEnd() ? bytes : throw new InvalidInputException($"{path} is longer than {most} bytes.");
    });

    private static ImmutableArray<string> ByteNames() => [.. Enumerable.Range(0, ByteCount).Select(value => value.ToString("x2", CultureInfo.InvariantCulture))];

    private static (int[] Tokens, ImmutableArray<string> Names) NumberCharacters(string path, byte[] bytes, ImmutableArray<string>? vocabulary, DataLimits limits)
    {
        var characters = Decode(path, bytes);
        var names = vocabulary ?? [.. characters.Distinct().Take(limits.MaximumClasses + 1).Order().Select(character => character.ToString())];
        if (names.Length > limits.MaximumClasses)
        {
            throw new InvalidInputException($"{path} has more than {limits.MaximumClasses} different characters: use tokens=bytes.");
        }

        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var number = 0; number < names.Length; number++)
        {
            numbers[names[number]] = number;
        }

        var numberOf = new Dictionary<Rune, int>();
        var tokens = new int[characters.Length];
        for (var position = 0; position < tokens.Length; position++)
        {
            var character = characters[position];
            if (!numberOf.TryGetValue(character, out tokens[position]))
            {
                tokens[position] = numberOf[character] = numbers.TryGetValue(character.ToString(), out var number)
                    ? number
                    : throw new InvalidInputException($"{path}: its character {position + 1}, U+{character.Value:X4}, is none of the {names.Length} that the model knows.");
            }
        }

        return (tokens, names);
    }

    private static Rune[] Decode(string path, byte[] bytes)
    {
        var text = bytes.AsSpan() is [0xef, 0xbb, 0xbf, .. var rest] ? rest : bytes.AsSpan();
        var characters = new List<Rune>(text.Length);
        for (var position = 0; position < text.Length;)
        {
            if (Rune.DecodeFromUtf8(text[position..], out var character, out var length) != System.Buffers.OperationStatus.Done)
            {
                throw new InvalidInputException($"{path} is not UTF-8 text: byte {position + 1} begins no character (use tokens=bytes for other files).");
            }

            characters.Add(character);
            position += length;
        }

        return [.. characters];
    }
}
