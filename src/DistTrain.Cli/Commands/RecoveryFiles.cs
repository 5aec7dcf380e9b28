using System.Security.Cryptography;
using System.Text;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Runtime.Recovery;
using DistTrain.Runtime.RunDirectory;
using DistTrain.Runtime.Storage;

namespace DistTrain.Cli.Commands;

/// <summary>The journal and the checkpoints in a run's directory.</summary>
internal static class RecoveryFiles
{
    /// <summary>Takes the next term of the run.</summary>
    /// <exception cref="RunDirectoryException">The journal is damaged, or the system refuses.</exception>
    /// <exception cref="SupersededException">Another coordinator took a later term at the same time.</exception>
    public static RunRecovery Open(PreparedTraining training, RunDescription run)
    {
        try
        {
            var storage = new FileStorage(run.RunDirectory);
            var journal = RunJournal.Open(storage);
            var identity = new RunIdentity(HashOf(training.Configuration), training.Data.ContentHash, training.Engine.ArithmeticId.Value);
            return new RunRecovery(journal, new CheckpointStore(storage, identity, training.Definition.Graph.Layout, training.Definition.Optimizer)
            {
                Kept = training.Configuration.KeepCheckpoints,
                BestBy = training.Definition.Checkpoints?.BestBy,
                ModelOf = (weights, hash, step) => training.ModelOf(run, weights, hash, step),
                FlushJournal = journal.Flush,
            });
        }
        catch (Exception fault) when (fault is InvalidInputException or IOException)
        {
            throw new RunDirectoryException($"the journal in {run.RunDirectory} cannot be used: {fault.Message}", fault);
        }
    }

    /// <summary>Of all that decides the weights, but for the data, which has a hash of its own and may have moved, and for the noise scale, which does not: runs of before there was one can be gone on with.</summary>
    private static string HashOf(TrainConfiguration configuration)
    {
        var decisive = ConfigurationKeys.All.Where(key => key.DecidesWeights && key.Name is not ("data" or "noise-scale" or "noise-interval"));
        var text = string.Concat(decisive.Select(key => $"{key.Name}: {ConfigurationWriter.ToText(key.Get(configuration))}\n"));
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
    }
}
