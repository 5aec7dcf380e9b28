using System.Collections.Immutable;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>Samples ready for training and testing, with all that is needed to say and to repeat how they were made.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Name">Short, for headings.</param>
/// <param name="Description">One line: what it is, and whom to credit for it.</param>
/// <param name="Train">The part that is trained on.</param>
/// <param name="Test">The part that is not.</param>
/// <param name="ContentHash">See <see cref="Data.ContentHash"/>: the same for the same content, whatever the files' names, compression, split or scaling.</param>
/// <param name="Preprocessing">What was done to the source's values.</param>
public sealed record DataSet(
    DataSource Source,
    string Name,
    string Description,
    SampleSet Train,
    SampleSet Test,
    string ContentHash,
    Preprocessing Preprocessing)
{
    /// <summary>Names of the classes in the order of their indices; empty where the targets are values.</summary>
    public ImmutableArray<string> ClassNames => Preprocessing.ClassNames;

    /// <summary>The part on which a training is judged while it runs; null where none is kept.</summary>
    public SampleSet? Validation { get; init; }
}

/// <summary>Samples for a model that exists already: prepared as its training samples were.</summary>
/// <param name="Source">Where they come from.</param>
/// <param name="Name">Short, for headings.</param>
/// <param name="Description">One line: what it is, and whom to credit for it.</param>
/// <param name="Samples">The source's own test part where it has one, otherwise all of it.</param>
/// <param name="ContentHash">As in <see cref="DataSet"/>.</param>
public sealed record ModelInput(DataSource Source, string Name, string Description, SampleSet Samples, string ContentHash);

/// <summary>All that was done between a source's values and a model's inputs and targets; written down, it prepares other samples alike.</summary>
/// <param name="SampleShape">Shape of one sample.</param>
/// <param name="ClassNames">Names of the classes in the order of their indices; empty where the targets are values.</param>
/// <param name="Scaling">How inputs were scaled.</param>
/// <param name="Split">How the test part was made; null where the source has its own.</param>
public sealed record Preprocessing(TensorShape SampleShape, ImmutableArray<string> ClassNames, InputScaling Scaling, TrainTestSplit? Split);

/// <summary>How samples were divided into a training and a test part.</summary>
/// <param name="TestRatio">Share of the samples in the test part.</param>
/// <param name="Seed">Of the permutation that chose them.</param>
/// <param name="SourcePartsJoined">Whether the source had a test part of its own, which was joined with its training part first.</param>
public sealed record TrainTestSplit(double TestRatio, ulong Seed, bool SourcePartsJoined);
