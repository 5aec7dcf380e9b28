using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning;
using DistTrain.Learning.Graph;
using DistTrain.Learning.Optimization;
using DistTrain.Runtime.Compute;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Recovery;

/// <summary>The files of a checkpoint besides its manifest: how each is written, and read back.</summary>
internal sealed class CheckpointFiles(IStorage storage, ParameterLayout layout, OptimizerChain optimizer, Func<TensorBuffer, string, long, TrainedModel>? modelOf)
{
    private const string ScalarPrefix = "scalar/";
    private const string WeightsHashKey = "weights-hash";
    private const string StepKey = "step";
    private const string FormatKey = "format";
    private static readonly WireLimits Limits = new();

    /// <summary>Shards are put together here, one tensor set after the other.</summary>
    private TensorBuffer? whole;

    /// <summary>Writes and flushes every file; one flat buffer is all the memory that it takes.</summary>
    /// <returns>What the manifest is to say of them.</returns>
    public ImmutableArray<ManifestFile> Write(CheckpointName name, Checkpoint checkpoint, IReadOnlyList<ShardState> states, TensorBuffer? best)
    {
        var files = ImmutableArray.CreateBuilder<ManifestFile>();
        var weights = Gather(states, 0);
        files.Add(WriteModel(name.PathOf(CheckpointName.Weights), weights, WeightsHash.Compute(layout, weights), checkpoint.Step.Value));
        files.Add(WriteOptimizer(name.PathOf(CheckpointName.Optimizer), checkpoint.Server.Scalars, states));
        if (CheckpointManifest.HasBestFile(checkpoint.Coordinator))
        {
            var state = checkpoint.Coordinator;
            files.Add(WriteModel(
                name.PathOf(CheckpointName.Best),
                best ?? throw new InvalidOperationException($"the checkpoint after step {state.Step} is to hold version {state.Decisions.Best!.Value.Version}, which nobody has given"),
                state.BestWeightsHash!,
                state.Decisions.Best!.Value.Version.Value));
        }

        files.Add(WriteLedger(name.PathOf(CheckpointName.Ledger), checkpoint.Server));
        return files.ToImmutable();
    }

    /// <summary>Reads the flat weights of a file and gives them with their hash.</summary>
    /// <exception cref="InvalidInputException">It is not what the manifest says, or not this model's.</exception>
    public (TensorBuffer Weights, string Hash) ReadModel(CheckpointName name, ManifestFile file)
    {
        var (tensors, metadata) = ReadTensors(name, file, [.. layout.Tensors.Select(tensor => tensor.Name)], sets: 1);
        var hash = WeightsHash.Compute(layout, tensors[0]);
        return metadata.GetValueOrDefault(WeightsHashKey) == hash
            ? (tensors[0], hash)
            : throw new InvalidInputException($"its {file.Name} holds other weights than those that were trained");
    }

    /// <summary>Reads the optimizer's flat tensors, in the order of the chain.</summary>
    /// <exception cref="InvalidInputException">It is not what the manifest says, or not this optimizer's.</exception>
    public ImmutableArray<TensorBuffer> ReadOptimizer(CheckpointName name, ManifestFile file, ServerState state)
    {
        var (tensors, metadata) = ReadTensors(name, file, [.. optimizer.Tensors.SelectMany(set => layout.Tensors.Select(tensor => NameOf(set, tensor)))], optimizer.Tensors.Length);
        var isMeant = state.Scalars.Length == optimizer.Scalars.Length
            && optimizer.Scalars.Zip(state.Scalars).All(pair => metadata.GetValueOrDefault(ScalarPrefix + pair.First.Name) == Text(pair.Second));
        return isMeant ? tensors : throw new InvalidInputException($"its {file.Name} and its {CheckpointName.Ledger} have different numbers for the optimizer {optimizer.Name}");
    }

    /// <exception cref="InvalidInputException">It is not what the manifest says.</exception>
    public ServerState ReadLedger(CheckpointName name, ManifestFile file)
    {
        var bytes = HashingReader.Read(storage, name.PathOf(file.Name), file, stream =>
        {
            using var content = new MemoryStream();
            stream.CopyTo(content);
            return content.ToArray();
        });
        try
        {
            var reader = new FieldReader(bytes, Limits);
            var state = reader.ReadServerState();
            reader.RequireEnd();
            return state;
        }
        catch (WireFormatException fault)
        {
            throw new InvalidInputException($"its {file.Name} cannot be understood: {fault.Message}", fault);
        }
    }

    private ManifestFile WriteModel(string path, TensorBuffer weights, string hash, long step)
    {
        var metadata = modelOf is null
            ? new Dictionary<string, string> { [FormatKey] = CheckpointManifest.CurrentFormat, [WeightsHashKey] = hash, [StepKey] = step.ToString(CultureInfo.InvariantCulture) }
            : (IReadOnlyDictionary<string, string>)ModelFile.Metadata(modelOf(weights, hash, step));
        var tensors = layout.Tensors.Select(tensor => new TensorSource(tensor.Name, tensor.Shape.Dimensions, () => weights.Memory.Slice(tensor.Offset, tensor.Length)));
        return StorageWriter.Write(storage, path, stream => SafetensorsStream.Write(stream, [.. tensors], metadata));
    }

    private ManifestFile WriteOptimizer(string path, ImmutableArray<double> scalars, IReadOnlyList<ShardState> states)
    {
        var sources = new List<TensorSource>();
        for (var set = 0; set < optimizer.Tensors.Length; set++)
        {
            var part = set + 1;
            sources.AddRange(layout.Tensors.Select(tensor => new TensorSource(
                NameOf(optimizer.Tensors[part - 1], tensor),
                tensor.Shape.Dimensions,
                () => (tensor.Index == 0 ? Gather(states, part) : whole!).Memory.Slice(tensor.Offset, tensor.Length))));
        }

        var metadata = optimizer.Scalars.Zip(scalars).ToDictionary(pair => ScalarPrefix + pair.First.Name, pair => Text(pair.Second), StringComparer.Ordinal);
        metadata.Add(FormatKey, CheckpointManifest.CurrentFormat);
        return StorageWriter.Write(storage, path, stream => SafetensorsStream.Write(stream, sources, metadata));
    }

    private ManifestFile WriteLedger(string path, ServerState state)
    {
        var content = new ArrayBufferWriter<byte>();
        new MessagePackWriter(content).Write(state);
        return StorageWriter.Write(storage, path, stream => stream.Write(content.WrittenSpan));
    }

    private TensorBuffer Gather(IReadOnlyList<ShardState> states, int part)
    {
        whole ??= new TensorBuffer(layout.BufferLength);
        foreach (var state in states)
        {
            state.CopyTo(part, whole);
        }

        return whole;
    }

    /// <param name="name">The checkpoint.</param>
    /// <param name="file">Its file.</param>
    /// <param name="names">Of its tensors: for each set, those of the layout, in order.</param>
    /// <param name="sets">Flat buffers that they fill.</param>
    private (ImmutableArray<TensorBuffer> Sets, ImmutableSortedDictionary<string, string> Metadata) ReadTensors(CheckpointName name, ManifestFile file, string[] names, int sets) =>
        HashingReader.Read(storage, name.PathOf(file.Name), file, stream =>
        {
            var header = SafetensorsStream.ReadHeader(stream, file.Length, $"its {file.Name}");
            var isMeant = header.Entries.Length == names.Length && header.Entries.Select((entry, i) => entry.Name == names[i]
                && entry.ElementType == SafetensorsHeader.Float32
                && entry.Shape.AsSpan().SequenceEqual(layout.Tensors[i % layout.Tensors.Length].Shape.Dimensions.AsSpan())).All(isSame => isSame);
            if (!isMeant)
            {
                throw new InvalidInputException($"its {file.Name} has other tensors than this run's model and optimizer");
            }

            var buffers = ImmutableArray.CreateRange(Enumerable.Range(0, sets).Select(_ => new TensorBuffer(layout.BufferLength)));
            for (var i = 0; i < names.Length; i++)
            {
                var tensor = layout.Tensors[i % layout.Tensors.Length];
                SafetensorsStream.ReadValues(stream, buffers[i / layout.Tensors.Length].Span.Slice(tensor.Offset, tensor.Length), $"its {file.Name}");
            }

            return (buffers, header.Metadata);
        });

    private static string NameOf(StateTensor set, ParameterTensor tensor) => $"{set.Name}/{tensor.Name}";

    /// <summary>The shortest text that gives the same number again.</summary>
    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);
}
