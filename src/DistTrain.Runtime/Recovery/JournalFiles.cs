using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Runtime.Storage;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Recovery;

/// <summary>The files of a run's journal, one for each term, and what they say.</summary>
internal static class JournalFiles
{
    public const string Folder = "journal";

    private const string Prefix = "term-";
    private static readonly WireLimits Limits = new() { MaximumFrameBytes = JournalRecord.MaximumPayloadBytes };

    public static string NameOf(Term term) => string.Create(CultureInfo.InvariantCulture, $"{Folder}/{Prefix}{term.Value:D8}");

    /// <summary>Of all coordinators that the run has had, in order.</summary>
    public static IReadOnlyList<Term> Terms(IStorage storage) =>
        [.. storage.List(Folder).Select(TermOf).OfType<Term>().Order()];

    /// <summary>
    /// The entries of a term, in order. What was not on the device when a machine died may be missing from some point on, which is where the term ends; anything else that is damaged is refused.
    /// </summary>
    /// <exception cref="InvalidInputException">The file is damaged.</exception>
    public static IReadOnlyList<JournalEntry> Read(IStorage storage, Term term)
    {
        var name = NameOf(term);
        ReadOnlyMemory<byte> file = Bytes(storage, name);
        var entries = new List<JournalEntry>();
        var place = 0;
        while (place < file.Length)
        {
            if (JournalRecord.At(file, place) is not { } record)
            {
                if (EndOfGap(file, place, name) is not { } next)
                {
                    break;
                }

                (place, record) = (next, JournalRecord.At(file, next)!.Value);
            }

            entries.Add(Entry(record, name, place));
            place += record.LengthBytes;
        }

        RequireHeader(entries, term, name);
        return entries;
    }

    /// <summary>Where the file goes on behind something that is no record; null where it ends there. Its writer knew of a record that it could not write; anything else was once flushed as a whole, or never.</summary>
    private static int? EndOfGap(ReadOnlyMemory<byte> file, int place, string name)
    {
        for (var next = JournalRecord.NextFrom(file, place); next is { } at; next = JournalRecord.NextFrom(file, at + 1))
        {
            var record = JournalRecord.At(file, at)!.Value;
            if (record.PreviousEnd == place)
            {
                return at;
            }

            if (record.FlushedBytes > place)
            {
                throw new InvalidInputException($"{name} is damaged at byte {place}, though it goes on behind that: restore it from a copy, or begin a new run");
            }
        }

        return null;
    }

    private static JournalEntry Entry(JournalRecord record, string name, int place)
    {
        try
        {
            return JournalForms.Table.Read(record.Payload.Span, Limits);
        }
        catch (WireFormatException refusal)
        {
            throw new InvalidInputException($"{name} cannot be understood at byte {place}, perhaps because a newer disttrain wrote it: {refusal.Message}", refusal);
        }
    }

    private static void RequireHeader(List<JournalEntry> entries, Term term, string name)
    {
        if (entries.Count > 0 && entries[0] != new TermBegun(TermBegun.CurrentFormat, term))
        {
            throw new InvalidInputException($"{name} does not begin as the journal of term {term} in the format {TermBegun.CurrentFormat}: it was renamed, or another disttrain wrote it");
        }
    }

    private static byte[] Bytes(IStorage storage, string name)
    {
        using var stream = storage.OpenRead(name);
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private static Term? TermOf(string file) =>
        file.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(file.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && number > 0 && NameOf(new Term(number)) == $"{Folder}/{file}"
            ? new Term(number)
            : null;
}
