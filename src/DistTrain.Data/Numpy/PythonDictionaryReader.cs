using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>
/// Reads what stands in NPY headers of Python's syntax: a dictionary from texts to texts, truth values and tuples of whole numbers. Nothing of it is run.
/// </summary>
/// <param name="path">Named in messages.</param>
/// <param name="text">The header's text, padded with blanks.</param>
internal sealed class PythonDictionaryReader(string path, string text)
{
    private int position;

    /// <summary>The entries: <see cref="string"/>, <see cref="bool"/> or <see cref="ImmutableArray{T}"/> of <see cref="long"/>.</summary>
    /// <exception cref="InvalidInputException">It is no such dictionary.</exception>
    public Dictionary<string, object> Read()
    {
        var entries = new Dictionary<string, object>(StringComparer.Ordinal);
        Require('{');
        while (!Take('}'))
        {
            var key = ReadText();
            Require(':');
            if (!entries.TryAdd(key, ReadValue()))
            {
                throw Fault();
            }

            if (!Take(','))
            {
                Require('}');
                break;
            }
        }

        SkipBlanks();
        return position == text.Length ? entries : throw Fault();
    }

    private object ReadValue()
    {
        SkipBlanks();
        return position < text.Length
            ? text[position] switch
            {
                '\'' or '"' => ReadText(),
                '(' => ReadTuple(),
                '[' => throw new InvalidInputException($"{path} holds records of several fields: save each field as an array of its own."),
                _ => ReadTruth(),
            }
            : throw Fault();
    }

    private string ReadText()
    {
        SkipBlanks();
        if (position >= text.Length || text[position] is not ('\'' or '"'))
        {
            throw Fault();
        }

        var end = text.IndexOf(text[position], position + 1);
        var content = end < 0 ? throw Fault() : text[(position + 1)..end];
        position = end + 1;
        return content;
    }

    private ImmutableArray<long> ReadTuple()
    {
        Require('(');
        var numbers = ImmutableArray.CreateBuilder<long>();
        while (!Take(')'))
        {
            numbers.Add(ReadNumber());
            if (!Take(','))
            {
                Require(')');
                break;
            }
        }

        return numbers.ToImmutable();
    }

    private long ReadNumber()
    {
        SkipBlanks();
        var start = position;
        while (position < text.Length && char.IsAsciiDigit(text[position]))
        {
            position++;
        }

        var isNumber = long.TryParse(text.AsSpan(start, position - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number);

        // Python 2 wrote an L behind large numbers.
        return isNumber && (Take('L') || isNumber) ? number : throw Fault();
    }

    private bool ReadTruth()
    {
        foreach (var (word, value) in new[] { ("True", true), ("False", false) })
        {
            if (text.AsSpan(position).StartsWith(word, StringComparison.Ordinal))
            {
                position += word.Length;
                return value;
            }
        }

        throw Fault();
    }

    private bool Take(char wanted)
    {
        SkipBlanks();
        if (position < text.Length && text[position] == wanted)
        {
            position++;
            return true;
        }

        return false;
    }

    private void Require(char wanted)
    {
        if (!Take(wanted))
        {
            throw Fault();
        }
    }

    private void SkipBlanks()
    {
        while (position < text.Length && text[position] is ' ' or '\n' or '\t' or '\r')
        {
            position++;
        }
    }

    private InvalidInputException Fault() => new($"{path} has an NPY header that cannot be understood at its character {position + 1}.");
}
