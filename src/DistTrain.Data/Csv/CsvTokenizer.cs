using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>Where a field's content lies in the text, without its quotes and surrounding blanks.</summary>
/// <param name="Start">Index of its first byte.</param>
/// <param name="Length">Number of its bytes.</param>
/// <param name="HasDoubledQuotes">Whether two quotes in it stand for one.</param>
internal readonly record struct CsvField(int Start, int Length, bool HasDoubledQuotes)
{
    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> text) => text.Slice(Start, Length);
}

/// <summary>
/// Cuts UTF-8 text into records and fields by RFC 4180: fields may be quoted, quoted fields may hold separators, line ends and doubled
/// quotes. Beyond the RFC, lines may end with a line feed alone, lines without any character are skipped, and blanks around a field that is not quoted do not
/// belong to it.
/// </summary>
internal ref struct CsvTokenizer(ReadOnlySpan<byte> text, byte separator, string file, int maximumColumns)
{
    private readonly ReadOnlySpan<byte> text = text;
    private int position = 0;
    private int line = 1;

    /// <summary>One-based line on which the last record began.</summary>
    public int RecordLine { get; private set; } = 0;

    /// <summary>Replaces <paramref name="fields"/> by those of the next record; false where there is none.</summary>
    /// <exception cref="InvalidInputException">Quotes do not match, or there are more columns than the bound.</exception>
    public bool ReadRecord(List<CsvField> fields)
    {
        fields.Clear();
        SkipEmptyLines();
        if (position >= text.Length)
        {
            return false;
        }

        RecordLine = line;
        do
        {
            if (fields.Count == maximumColumns)
            {
                throw new InvalidInputException($"{file}, line {RecordLine}: more than {maximumColumns} columns.");
            }

            fields.Add(position < text.Length && text[position] == '"' ? ReadQuoted(fields.Count) : ReadPlain(fields.Count));
        }
        while (SkipSeparator());

        return true;
    }

    private void SkipEmptyLines()
    {
        while (position < text.Length)
        {
            if (text[position] == '\n')
            {
                position++;
            }
            else if (text[position] == '\r' && position + 1 < text.Length && text[position + 1] == '\n')
            {
                position += 2;
            }
            else
            {
                return;
            }

            line++;
        }
    }

    private CsvField ReadPlain(int column)
    {
        var start = position;
        var end = start;
        var bytes = text;
        while (end < bytes.Length && bytes[end] != separator && bytes[end] != '\n')
        {
            if (bytes[end] == '"')
            {
                throw new InvalidInputException($"{file}, line {line}, column {column + 1}: a quote inside a field that does not begin with one.");
            }

            end++;
        }

        position = end;
        while (end > start && IsBlank(bytes[end - 1]))
        {
            end--;
        }

        while (start < end && IsBlank(bytes[start]))
        {
            start++;
        }

        return new CsvField(start, end - start, HasDoubledQuotes: false);
    }

    // The carriage return of a line that ends with two characters is among the blanks.
    private static bool IsBlank(byte character) => character is (byte)' ' or (byte)'\t' or (byte)'\r';

    private CsvField ReadQuoted(int column)
    {
        var openingLine = line;
        var start = ++position;
        var hasDoubledQuotes = false;
        while (position < text.Length)
        {
            if (text[position] == '\n')
            {
                line++;
            }

            if (text[position] != '"')
            {
                position++;
            }
            else if (position + 1 < text.Length && text[position + 1] == '"')
            {
                hasDoubledQuotes = true;
                position += 2;
            }
            else
            {
                var field = new CsvField(start, position - start, hasDoubledQuotes);
                position++;
                RequireEndOfField(column);
                return field;
            }
        }

        throw new InvalidInputException($"{file}, line {openingLine}, column {column + 1}: the quote that opens here is never closed.");
    }

    private void RequireEndOfField(int column)
    {
        if (position < text.Length && text[position] == '\r' && (position + 1 == text.Length || text[position + 1] == '\n'))
        {
            position++;
        }

        if (position < text.Length && text[position] != separator && text[position] != '\n')
        {
            throw new InvalidInputException($"{file}, line {line}, column {column + 1}: text after the closing quote.");
        }
    }

    /// <summary>Steps over what ended a field; true where it was a separator, so that another field follows.</summary>
    private bool SkipSeparator()
    {
        if (position >= text.Length)
        {
            return false;
        }

        var isSeparator = text[position] == separator;
        position++;
        if (!isSeparator)
        {
            line++;
        }

        return isSeparator;
    }

    /// <summary>A field's content as text, with doubled quotes made single.</summary>
    /// <exception cref="DecoderFallbackException">It is not UTF-8.</exception>
    public readonly string Decode(CsvField field)
    {
        var content = StrictUtf8.GetString(field.In(text));
        return field.HasDoubledQuotes ? content.Replace("\"\"", "\"", StringComparison.Ordinal) : content;
    }

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
