using System.Globalization;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>One pass over the text of a table.</summary>
internal ref struct CsvTableReader(ReadOnlySpan<byte> text, string path, CsvSource source, DataLimits limits)
{
    private readonly ReadOnlySpan<byte> text = text;
    private readonly List<CsvField> fields = [];
    private CsvTokenizer tokenizer = new(text, SeparatorByte(source.Separator), path, limits.MaximumColumns);
    private string[]? columnNames = null;
    private int columnCount = 0;
    private int firstLine = 0;

    // -1 where there is no label column.
    private int labelColumn = 0;

    public (int FeatureCount, RawPart Samples) Read()
    {
        if (!tokenizer.ReadRecord(fields))
        {
            throw new InvalidInputException($"{path} is empty.");
        }

        ReadFirstRecord();
        var featureCount = labelColumn < 0 ? columnCount : columnCount - 1;
        if (featureCount == 0)
        {
            throw new InvalidInputException(
                $"{path} has no column besides the label: the columns may be separated by something else than a {Lower(source.Separator)} (option separator).");
        }

        if (columnNames is not null && !tokenizer.ReadRecord(fields))
        {
            throw new InvalidInputException($"{path} is empty: it has a header but no data.");
        }

        var inputs = new ValueList(EstimateValues(featureCount), limits.MaximumValues, path);
        var labels = CsvLabels.Create(labelColumn < 0 ? null : source.Task, path, limits);
        do
        {
            ReadSample(ref inputs, labels);
        }
        while (tokenizer.ReadRecord(fields));

        return (featureCount, new RawPart(inputs.ToArray(), labels.ToTargets(inputs.Count / featureCount)));
    }

    private readonly void ReadSample(ref ValueList inputs, CsvLabels labels)
    {
        if (fields.Count != columnCount)
        {
            throw new InvalidInputException($"{path}, line {tokenizer.RecordLine}: {Columns(fields.Count)} where line {firstLine} has {columnCount}.");
        }

        for (var column = 0; column < fields.Count; column++)
        {
            if (column == labelColumn)
            {
                ReadLabel(fields[column], labels);
            }
            else
            {
                inputs.Add(ReadNumber(column));
            }
        }
    }

    private readonly float ReadNumber(int column)
    {
        var field = fields[column].In(text);
        if (CsvNumber.TryParse(field, out var value) && float.IsFinite(value))
        {
            return value;
        }

        throw new InvalidInputException($"{Place(column)}: {Fault(column)}.");
    }

    private readonly string Fault(int column)
    {
        var field = fields[column].In(text);
        if (field.IsEmpty)
        {
            return "the value is missing";
        }

        if (CsvNumber.TryParse(field, out _))
        {
            return $"{Excerpt(fields[column])} is not a finite number";
        }

        var mayBeHeader = columnNames is null && tokenizer.RecordLine == firstLine && source.HasHeader is null;
        var advice = mayBeHeader ? " (if this line names the columns, add the option header=true)" : "";
        return $"{Excerpt(fields[column])} is not a number{advice}";
    }

    private readonly void ReadLabel(CsvField field, CsvLabels labels)
    {
        if (labels is CsvValueLabels values)
        {
            values.Add(ReadNumber(labelColumn));
            return;
        }

        if (field.Length == 0)
        {
            throw new InvalidInputException($"{Place(labelColumn)}: the label is missing.");
        }

        string label;
        try
        {
            label = tokenizer.Decode(field);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidInputException($"{Place(labelColumn)}: the label is not UTF-8 text.", exception);
        }

        if (label.Any(char.IsControl))
        {
            throw new InvalidInputException($"{Place(labelColumn)}: the label holds a control character.");
        }

        ((CsvClassLabels)labels).Add(label, tokenizer.RecordLine);
    }

    private void ReadFirstRecord()
    {
        columnCount = fields.Count;
        firstLine = tokenizer.RecordLine;
        if (source.HasHeader ?? LooksLikeHeader())
        {
            columnNames = [.. new string[columnCount]];
            for (var column = 0; column < columnCount; column++)
            {
                columnNames[column] = Decode(fields[column]);
            }
        }

        labelColumn = FindLabelColumn();
    }

    private readonly bool LooksLikeHeader()
    {
        var isAllEmpty = true;
        foreach (var field in fields)
        {
            if (CsvNumber.TryParse(field.In(text), out _))
            {
                return false;
            }

            isAllEmpty &= field.Length == 0;
        }

        return !isAllEmpty;
    }

    private readonly int FindLabelColumn()
    {
        if (source.Label is null)
        {
            return columnCount - 1;
        }

        var named = Array.IndexOf(columnNames ?? [], source.Label);
        if (named >= 0)
        {
            return Array.LastIndexOf(columnNames!, source.Label) == named
                ? named
                : throw new InvalidInputException($"{path} has two columns called '{source.Label}': choose by index.");
        }

        if (source.Label == CsvSource.NoLabel)
        {
            return -1;
        }

        if (!int.TryParse(source.Label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var index))
        {
            var columns = columnNames is null ? "it has no header" : $"its columns are {Shorten(string.Join(", ", columnNames.Select(Printable)), 300)}";
            throw new InvalidInputException($"{path} has no column called '{source.Label}': {columns}.");
        }

        var fromStart = index < 0 ? (long)index + columnCount : index;
        return fromStart >= 0 && fromStart < columnCount
            ? (int)fromStart
            : throw new InvalidInputException($"{path} has no column {source.Label}: it has {Columns(columnCount)}, counted from 0, or from -1 at the end.");
    }

    // Lines times columns, or less where so many values cannot stand in so few bytes: each takes a digit and a separator.
    private readonly int EstimateValues(int featureCount) =>
        (int)Math.Min(((long)text.Count((byte)'\n') + 1) * featureCount, (text.Length / 2L) + 1);

    private readonly string Place(int column)
    {
        var name = columnNames is null ? "" : $" ('{Shorten(Printable(columnNames[column]), 40)}')";
        return $"{path}, line {tokenizer.RecordLine}, column {column + 1}{name}";
    }

    private readonly string Excerpt(CsvField field) => $"'{Shorten(Printable(Decode(field)), 40)}'";

    private readonly string Decode(CsvField field)
    {
        try
        {
            return tokenizer.Decode(field);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidInputException($"{path}, line {tokenizer.RecordLine}: this line is not UTF-8 text.", exception);
        }
    }

    private static string Columns(int count) => count == 1 ? "1 column" : $"{count} columns";

    private static string Shorten(string value, int longest) => value.Length <= longest ? value : $"{value[..longest]}...";

    private static string Printable(string value) => string.Concat(value.Select(character => char.IsControl(character) ? '?' : character));

    private static string Lower(CsvSeparator separator) => separator switch
    {
        CsvSeparator.Semicolon => "semicolon",
        CsvSeparator.Tab => "tab",
        _ => "comma",
    };

    private static byte SeparatorByte(CsvSeparator separator) => separator switch
    {
        CsvSeparator.Semicolon => (byte)';',
        CsvSeparator.Tab => (byte)'\t',
        _ => (byte)',',
    };
}
