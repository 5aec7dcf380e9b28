using System.Collections.Concurrent;
using System.Collections.Immutable;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Learning.Reduction;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.Recovery;

/// <summary>A checkpoint in memory, as flat buffers of the layout.</summary>
/// <param name="OptimizerTensors">In the order of the optimizer's.</param>
/// <param name="Best">Weights of <see cref="TrainingDecisions.Best"/>, which may be the same buffer; null where there is no such epoch.</param>
internal sealed record LoadedCheckpoint(Checkpoint Checkpoint, TensorBuffer Weights, ImmutableArray<TensorBuffer> OptimizerTensors, TensorBuffer? Best);

/// <summary>
/// A run's checkpoints in its directory. One exists if, and only if, its manifest does, and everything that the manifest speaks of is on the device before the manifest gets its name. Saving and loading may go on side by
/// side, each one at a time.
/// </summary>
public sealed class CheckpointStore
{
    /// <summary>Checkpoints that are kept where nothing else is said.</summary>
    public const int DefaultKept = 3;

    private const int MostManifestBytes = 16 << 20;

    private readonly IStorage storage;
    private readonly RunIdentity run;
    private readonly ParameterLayout layout;
    private readonly OptimizerChain optimizer;
    private readonly Lazy<CheckpointFiles> files;
    private readonly object saving = new();

    /// <summary>What is read is not pruned meanwhile.</summary>
    private readonly object reading = new();
    private readonly ConcurrentDictionary<CheckpointName, bool> refused = [];
    private bool hasFolder;

    /// <param name="storage">The run directory.</param>
    /// <param name="run">Checkpoints of other runs are refused.</param>
    /// <param name="layout">Of the weights.</param>
    /// <param name="optimizer">Of the run.</param>
    public CheckpointStore(IStorage storage, RunIdentity run, ParameterLayout layout, OptimizerChain optimizer)
    {
        ArgumentNullException.ThrowIfNull(storage);
        ArgumentNullException.ThrowIfNull(run);
        ArgumentNullException.ThrowIfNull(layout);
        ArgumentNullException.ThrowIfNull(optimizer);
        this.storage = storage;
        this.run = run;
        this.layout = layout;
        this.optimizer = optimizer;
        files = new Lazy<CheckpointFiles>(() => new CheckpointFiles(storage, layout, optimizer, ModelOf));
    }

    /// <summary>The newest so many are kept, at least 1.</summary>
    public int Kept
    {
        get;
        init
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            field = value;
        }
    } = DefaultKept;

    /// <summary>By which the best is kept besides the newest; null for none.</summary>
    public MonitoredMetric? BestBy { get; init; }

    /// <summary>
    /// (flat weights, their hash, the step) to the model that the weights' file is to describe, so that it can be used like the model of a run that has ended; null for a file of tensors only.
    /// </summary>
    public Func<TensorBuffer, string, long, TrainedModel>? ModelOf { get; init; }

    /// <summary>Flushes what a checkpoint builds upon: <see cref="RunJournal.Flush"/>. What it throws keeps the checkpoint from existing.</summary>
    public Action FlushJournal { get; init; } = static () => { };

    /// <summary>Writes a checkpoint. When this returns without a failure, it exists, whatever happens to the machine.</summary>
    /// <param name="checkpoint">What is no tensor.</param>
    /// <param name="cut">By which the states are cut.</param>
    /// <param name="states">[shards].</param>
    /// <param name="best">Flat weights of the best epoch, where they are others than the checkpoint's.</param>
    /// <returns>Null, or why there is none, in one sentence that begins with a small letter and ends without a stop. Its remains are removed.</returns>
    internal string? Save(Checkpoint checkpoint, ShardCut cut, IReadOnlyList<ShardState> states, TensorBuffer? best)
    {
        if (states.Count != cut.ShardCount || cut.Layout != layout)
        {
            throw new InvalidOperationException($"{states.Count} states of {cut.ShardCount} shards make no checkpoint");
        }

        lock (saving)
        {
            var name = new CheckpointName(checkpoint.Step, states[0].Incarnation);
            try
            {
                Write(name, checkpoint, states, best);
            }
            catch (IOException fault)
            {
                Try(() => Remove(name));
                return $"{name.Folder} cannot be written ({fault.Message.TrimEnd('.')})";
            }

            Try(Prune);
            return null;
        }
    }

    /// <summary>Reads the newest checkpoint that is whole; older ones where newer ones are not.</summary>
    /// <returns>Null where there is none; and one sentence for each newer one that was not whole, newest first.</returns>
    /// <exception cref="RunDirectoryException">The system refuses to say what there is.</exception>
    internal (LoadedCheckpoint? Newest, ImmutableArray<string> Refused) Load()
    {
        lock (reading)
        {
            var sentences = ImmutableArray.CreateBuilder<string>();
            foreach (var name in NewestFirst())
            {
                try
                {
                    return (Read(name), sentences.ToImmutable());
                }
                catch (Exception fault) when (fault is InvalidInputException or IOException)
                {
                    refused.TryAdd(name, true);
                    sentences.Add($"the checkpoint {name} is not used: {(fault is FileNotFoundException ? "a file of it is missing" : fault.Message.TrimEnd('.'))}");
                }
            }

            return (null, sentences.ToImmutable());
        }
    }

    private CheckpointName[] NewestFirst()
    {
        try
        {
            return [.. Names().Where(HasManifest).OrderDescending()];
        }
        catch (IOException fault)
        {
            throw new RunDirectoryException($"the checkpoints of the run cannot be listed: {fault.Message.TrimEnd('.')}", fault);
        }
    }

    private void Write(CheckpointName name, Checkpoint checkpoint, IReadOnlyList<ShardState> states, TensorBuffer? best)
    {
        MakeRoot();
        if (ManifestOrNull(name) is null)
        {
            Remove(name);
            WriteAnew(name, checkpoint, states, best);
        }

        storage.FlushFolder(name.Folder);
        storage.FlushFolder(CheckpointName.Root);
    }

    private void WriteAnew(CheckpointName name, Checkpoint checkpoint, IReadOnlyList<ShardState> states, TensorBuffer? best)
    {
        storage.MakeFolder(name.Folder);
        var written = files.Value.Write(name, checkpoint, states, best);
        storage.FlushFolder(name.Folder);
        var manifest = new CheckpointManifest(CheckpointManifest.CurrentFormat, run, name.Incarnation, checkpoint.Coordinator, optimizer.Name, written);
        var draft = name.PathOf(CheckpointName.DraftManifest);
        StorageWriter.Write(storage, draft, stream => stream.Write(ManifestJson.Write(manifest)));

        // What a manifest builds upon is flushed before it.
        FlushJournal();
        storage.Rename(draft, name.PathOf(CheckpointName.Manifest));
    }

    private void MakeRoot()
    {
        if (!hasFolder)
        {
            storage.MakeFolder(CheckpointName.Root);
            storage.FlushFolder("");
            hasFolder = true;
        }
    }

    private LoadedCheckpoint Read(CheckpointName name)
    {
        var manifest = ReadManifest(name);
        RequireOwn(name, manifest);
        var state = manifest.Coordinator;
        var server = files.Value.ReadLedger(name, FileOf(manifest, CheckpointName.Ledger));
        if (server.Version != state.Step.Makes)
        {
            throw new InvalidInputException($"its {CheckpointName.Ledger} is of version {server.Version}");
        }

        var (weights, hash) = files.Value.ReadModel(name, FileOf(manifest, CheckpointName.Weights));
        var optimizerTensors = files.Value.ReadOptimizer(name, FileOf(manifest, CheckpointName.Optimizer), server);
        var (best, bestHash) = CheckpointManifest.HasBestFile(state) ? files.Value.ReadModel(name, FileOf(manifest, CheckpointName.Best)) : (weights, hash);
        if (state.BestWeightsHash is { } expected && expected != bestHash)
        {
            throw new InvalidInputException("it holds other weights of the best epoch than those that were announced");
        }

        return new LoadedCheckpoint(new Checkpoint(state, server), weights, optimizerTensors, state is { Decisions.Best: not null, BestWeightsHash: not null } ? best : null);
    }

    private void RequireOwn(CheckpointName name, CheckpointManifest manifest)
    {
        if (run.DifferenceFrom(manifest.Run) is { } difference)
        {
            throw new InvalidInputException($"it is of a run with {difference}");
        }

        if (new CheckpointName(manifest.Coordinator.Step, manifest.Incarnation) != name || manifest.Optimizer != optimizer.Name)
        {
            throw new InvalidInputException("its manifest is that of another checkpoint");
        }
    }

    private static ManifestFile FileOf(CheckpointManifest manifest, string file) =>
        manifest.Files.FirstOrDefault(candidate => candidate.Name == file) ?? throw new InvalidInputException($"its manifest does not speak of {file}");

    private CheckpointManifest ReadManifest(CheckpointName name)
    {
        using var stream = storage.OpenRead(name.PathOf(CheckpointName.Manifest));
        if (stream.Length > MostManifestBytes)
        {
            throw new InvalidInputException($"its manifest has {stream.Length:N0} bytes, more than any that disttrain writes");
        }

        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return ManifestJson.Read(bytes.ToArray());
    }

    private IEnumerable<CheckpointName> Names() => storage.List(CheckpointName.Root).Select(CheckpointName.Parse).OfType<CheckpointName>();

    private bool HasManifest(CheckpointName name) => storage.List(name.Folder).Contains(CheckpointName.Manifest);

    /// <summary>Keeps the newest, the best, and those of other runs.</summary>
    private void Prune()
    {
        lock (reading)
        {
            var own = new List<(CheckpointName Name, double? Score)>();
            var remains = new List<CheckpointName>();
            foreach (var name in Names().OrderDescending())
            {
                if (ManifestOrNull(name) is not { } manifest)
                {
                    remains.Add(name);
                }
                else if (run.DifferenceFrom(manifest.Run) is null)
                {
                    own.Add((name, manifest.Coordinator.Score));
                }
            }

            foreach (var name in remains.Concat(own.Skip(Kept).Select(entry => entry.Name)).Where(name => name != Best(own)))
            {
                Remove(name);
            }
        }
    }

    private CheckpointManifest? ManifestOrNull(CheckpointName name)
    {
        try
        {
            return HasManifest(name) && !refused.ContainsKey(name) ? ReadManifest(name) : null;
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    /// <summary>Of equals, the newest.</summary>
    private CheckpointName? Best(List<(CheckpointName Name, double? Score)> newestFirst)
    {
        if (BestBy is null)
        {
            return null;
        }

        (CheckpointName Name, double Score)? best = null;
        foreach (var (name, score) in newestFirst)
        {
            if (score is { } value && !double.IsNaN(value) && (best is null || (BestBy.IsLowerBetter ? value < best.Value.Score : value > best.Value.Score)))
            {
                best = (name, value);
            }
        }

        return best?.Name;
    }

    /// <summary>First the manifest, without which the rest is nothing.</summary>
    private void Remove(CheckpointName name)
    {
        if (HasManifest(name))
        {
            storage.Delete(name.PathOf(CheckpointName.Manifest));
            storage.FlushFolder(name.Folder);
        }

        storage.Delete(name.Folder);
    }

    /// <summary>What remains is removed after the next checkpoint.</summary>
    private static void Try(Action clean)
    {
        try
        {
            clean();
        }
        catch (IOException)
        {
        }
    }
}
