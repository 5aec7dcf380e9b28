using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>
/// Makes samples of a text file: numbers in all columns but the label's, one sample a line. A label is a class (whole numbers are ordered by
/// value, other names by their code units), a value, or absent, as the source says.
/// </summary>
internal static class CsvReader
{
    /// <exception cref="InvalidInputException">The file cannot be read or is not such a table; the message names line and column.</exception>
    public static (int FeatureCount, RawPart Samples) ReadFile(CsvSource source, DataLimits limits) =>
        InputFile.Read(source.File, input => Read(input, source, limits));

    /// <summary>As <see cref="ReadFile"/>, for a file that is open.</summary>
    public static (int FeatureCount, RawPart Samples) Read(InputStream input, CsvSource source, DataLimits limits)
    {
        var bytes = input.ReadUpTo(limits.MaximumTextBytes);
        if (bytes.Length == limits.MaximumTextBytes && !input.IsAtEnd())
        {
            throw new InvalidInputException($"{input.Path} is longer than {limits.MaximumTextBytes} bytes.");
        }

        var text = bytes.AsSpan();
        if (text is [0xef, 0xbb, 0xbf, ..])
        {
            text = text[3..];
        }

        if (text is [0xff, 0xfe, ..] or [0xfe, 0xff, ..])
        {
            throw new InvalidInputException($"{input.Path} is UTF-16 text: save it as UTF-8.");
        }

        if (!text.Contains((byte)'\n') && text.TrimEnd((byte)'\r').Contains((byte)'\r'))
        {
            throw new InvalidInputException($"{input.Path} ends its lines with carriage returns alone: save it with line feeds.");
        }

        return new CsvTableReader(text, input.Path, source, limits).Read();
    }
}
