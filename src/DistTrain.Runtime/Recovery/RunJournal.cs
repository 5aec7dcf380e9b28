using System.Buffers;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Runtime.Faults;
using DistTrain.Runtime.Storage;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Recovery;

/// <summary>
/// A coordinator's own file in the run's journal, and what those before it have written. The number of the file is its term. Of two coordinators the later one goes on: the other finds its file before its next entry takes
/// effect, and writes nothing more. Safe to call from several threads.
/// </summary>
public sealed class RunJournal
{
    private readonly IStorage storage;
    private readonly string file;
    private readonly object gate = new();
    private readonly Queue<ReadOnlyMemory<byte>> waiting = new();
    private long end;
    private long flushed;
    private bool isTorn;

    private RunJournal(IStorage storage, Term term)
    {
        this.storage = storage;
        Term = term;
        file = JournalFiles.NameOf(term);
        Past = JournalPast.None;
    }

    /// <summary>Of this coordinator: greater than that of any before it.</summary>
    public Term Term { get; }

    /// <summary>What all coordinators have written down, this one included.</summary>
    public JournalPast Past { get; private set; }

    /// <summary>Takes the next term, and reads what the terms before it have left. The term is on the device when this returns.</summary>
    /// <exception cref="InvalidInputException">The journal is damaged.</exception>
    /// <exception cref="SupersededException">Another coordinator took a later term at the same time.</exception>
    /// <exception cref="IOException">The system refuses.</exception>
    public static RunJournal Open(IStorage storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        storage.MakeFolder(JournalFiles.Folder);
        storage.FlushFolder("");
        var journal = new RunJournal(storage, TakeTerm(storage));
        journal.Write(new TermBegun(TermBegun.CurrentFormat, journal.Term));
        journal.FlushAll();
        storage.FlushFolder(JournalFiles.Folder);

        // Not before the own file is there: from then on none of the others' entries takes effect that is not read here.
        journal.ReadPast();
        journal.RequireNewest();
        return journal;
    }

    /// <summary>
    /// Writes the entry down. A life of the parameter server, a checkpoint and the run's end are on the device when this returns. Any other entry, and that a checkpoint exists, may wait for a disk that has no room for
    /// it; it is written before any later one.
    /// </summary>
    /// <exception cref="SupersededException">Another coordinator has taken the run over: the entry must not take effect.</exception>
    /// <exception cref="IOException">The system refuses, and the entry may not wait.</exception>
    public void Append(JournalEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        lock (gate)
        {
            RequireNewest();
            try
            {
                Write(entry);
                if (entry is IncarnationBegun or CheckpointRecorded or RunEndRecorded)
                {
                    FaultPoints.Pass(FaultPoint.Journal);
                    FlushAll();
                }
            }
            catch (IOException) when (entry is not (IncarnationBegun or RunEndRecorded))
            {
                // It stays among those that wait; a checkpoint cannot come to exist before they are written.
            }

            Past = Past.After(entry);
            RequireNewest();
        }
    }

    /// <summary>Returns when everything that was appended is on the device.</summary>
    /// <exception cref="SupersededException">Another coordinator has taken the run over.</exception>
    /// <exception cref="IOException">The system refuses.</exception>
    public void Flush()
    {
        lock (gate)
        {
            RequireNewest();
            FlushAll();
        }
    }

    private static Term TakeTerm(IStorage storage)
    {
        var term = new Term(JournalFiles.Terms(storage) is [.., var newest] ? newest.Value + 1 : 1);
        while (!storage.TryCreate(JournalFiles.NameOf(term)))
        {
            term = new Term(term.Value + 1);
        }

        return term;
    }

    private void ReadPast()
    {
        var terms = JournalFiles.Terms(storage).Where(term => term < Term).ToArray();
        foreach (var term in terms)
        {
            Past = JournalFiles.Read(storage, term).Aggregate(Past, (past, entry) => past.After(entry));
        }

        // What is built upon must not be lost any more. Each term has done so for those before the last one.
        if (terms.Length > 0)
        {
            storage.FlushFile(JournalFiles.NameOf(terms[^1]));
        }
    }

    /// <summary>For one that has nothing to write: nothing happens while the run is still this coordinator's.</summary>
    /// <exception cref="SupersededException">Another coordinator has taken the run over.</exception>
    /// <exception cref="IOException">The system does not say.</exception>
    public void RequireNewest()
    {
        var newest = JournalFiles.Terms(storage)[^1];
        if (newest != Term)
        {
            throw new SupersededException($"another coordinator has taken the run over (term {newest}; this one's is {Term}), so this one ends");
        }
    }

    private void Write(JournalEntry entry)
    {
        var payload = new ArrayBufferWriter<byte>();
        JournalForms.Table.Write(new MessagePackWriter(payload), entry);
        waiting.Enqueue(payload.WrittenMemory);
        WriteWaiting();
    }

    private void WriteWaiting()
    {
        while (waiting.TryPeek(out var payload))
        {
            var record = new JournalRecord(end, flushed, payload);
            var place = isTorn ? FileLength() : end;
            isTorn = true;
            storage.Append(file, record.ToBytes());
            isTorn = false;
            end = place + record.LengthBytes;
            waiting.Dequeue();
        }
    }

    private void FlushAll()
    {
        WriteWaiting();
        if (flushed < end)
        {
            storage.FlushFile(file);
            flushed = end;
        }
    }

    /// <summary>Of a file whose last append failed, nobody knows how far it came.</summary>
    private long FileLength()
    {
        using var stream = storage.OpenRead(file);
        return stream.Length;
    }
}
