using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>Turns a source into samples: reads it, splits it where needed, and scales it by what the training part shows.</summary>
public static class DataSetLoader
{
    /// <summary>As <see cref="Load(DataSource, DataSetOptions)"/>, from the text form of the source.</summary>
    /// <exception cref="InvalidInputException">See there.</exception>
    public static DataSet Load(string source, DataSetOptions options) => Load(DataSource.Parse(source), options);

    /// <summary>Loads a data set for training.</summary>
    /// <exception cref="InvalidInputException">
    /// A file is missing, unreadable, damaged or not what it should be, or an option is not possible: one sentence says which and where.
    /// </exception>
    public static DataSet Load(DataSource source, DataSetOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(options);
        if (options.TestRatio is { } ratio && !(ratio > 0 && ratio < 1))
        {
            throw new InvalidInputException($"A test ratio of {ratio.ToString(CultureInfo.InvariantCulture)} is not possible: it lies between 0 and 1, both excluded.");
        }

        if (!(options.ValidationRatio is >= 0 and < 1))
        {
            throw new InvalidInputException($"A validation ratio of {options.ValidationRatio.ToString(CultureInfo.InvariantCulture)} is not possible: it is at least 0 and below 1.");
        }

        var data = Read(source, options.Limits);
        if (data.Train.Targets is Unlabelled)
        {
            throw new InvalidInputException($"{source} has no labels to learn from.");
        }

        // The hash is taken of the values as they were found; scaling changes them in place.
        var contentHash = ContentHash.Compute(data);
        var (rest, test, split) = Split(data, options, source);
        var (train, validation) = options.ValidationRatio == 0 ? (rest, null) : SplitOff(rest, options, source);
        var featureCount = data.SampleShape.ElementCount;
        var scaling = InputScaling.Fit(source.Scaling ?? data.DefaultScaling, train.Inputs, featureCount, data.KnownMaximum);
        Scale(scaling, train, test, source);
        if (validation is not null)
        {
            scaling.Apply(validation.Inputs, $"{source}");
        }

        return new DataSet(
            source,
            data.Name,
            data.Description,
            new SampleSet(data.SampleShape, train.Inputs, train.Targets),
            new SampleSet(data.SampleShape, test.Inputs, test.Targets),
            contentHash,
            new Preprocessing(data.SampleShape, ClassNames(train.Targets), scaling, split))
        {
            Validation = validation is null ? null : new SampleSet(data.SampleShape, validation.Inputs, validation.Targets),
        };
    }

    /// <summary>Loads samples for a model that exists already: scaled and labelled as its training samples were, not by what they show themselves.</summary>
    /// <param name="source">Where the samples come from; its own scaling does not count.</param>
    /// <param name="preprocessing">What was done to the training samples.</param>
    /// <param name="options">Only the limits count.</param>
    /// <exception cref="InvalidInputException">As for <see cref="Load(DataSource, DataSetOptions)"/>, or the samples do not fit the model.</exception>
    public static ModelInput LoadForModel(DataSource source, Preprocessing preprocessing, DataSetOptions options)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(preprocessing);
        ArgumentNullException.ThrowIfNull(options);
        var data = Read(source, options.Limits, preprocessing.ClassNames);
        if (data.SampleShape != preprocessing.SampleShape)
        {
            throw new InvalidInputException($"{source} has samples of shape {data.SampleShape} but the model takes {preprocessing.SampleShape}.");
        }

        var contentHash = ContentHash.Compute(data);
        var part = data.Test ?? data.Train;
        preprocessing.Scaling.Apply(part.Inputs, $"{source}");
        var targets = MatchClasses(part.Targets, preprocessing.ClassNames, source);
        return new ModelInput(source, data.Name, data.Description, new SampleSet(data.SampleShape, part.Inputs, targets), contentHash);
    }

    private static void Scale(InputScaling scaling, RawPart train, RawPart test, DataSource source)
    {
        try
        {
            Parallel.Invoke(() => scaling.Apply(train.Inputs, $"{source}"), () => scaling.Apply(test.Inputs, $"{source}"));
        }
        catch (AggregateException failures) when (failures.InnerExceptions[0] is InvalidInputException refusal)
        {
            throw new InvalidInputException(refusal.Message, refusal);
        }
    }

    /// <param name="source">Where the samples are.</param>
    /// <param name="limits">Bounds on memory.</param>
    /// <param name="vocabulary">Tokens by number where a model knows them; null for training.</param>
    private static RawData Read(DataSource source, DataLimits limits, ImmutableArray<string>? vocabulary = null) => source switch
    {
        MnistSource mnist => IdxDataReader.ReadMnist(mnist, limits),
        IdxSource idx => IdxDataReader.ReadFolder(idx, limits),
        CifarSource cifar => CifarReader.Read(cifar, limits),
        CsvSource csv => ReadCsv(csv, limits),
        NpySource npy => NumpyDataReader.ReadFiles(npy, limits),
        NpzSource npz => NumpyDataReader.ReadArchive(npz, limits),
        TextSource text => TextDataReader.Read(text, vocabulary, limits),
        SyntheticSource synthetic => SyntheticData.Read(synthetic, limits),
        _ => Digits.Read(limits),
    };

    private static RawData ReadCsv(CsvSource source, DataLimits limits)
    {
        var (featureCount, samples) = CsvReader.ReadFile(source, limits);
        var targets = samples.Targets switch
        {
            ClassLabels labels => $" in {labels.ClassNames.Length} classes",
            TargetValues => " with a value each",
            _ => "",
        };
        return new RawData
        {
            Name = Path.GetFileName(source.File),
            Description = string.Create(CultureInfo.InvariantCulture, $"{samples.Count:N0} samples of {featureCount} features{targets}, from {source.File}"),
            SampleShape = new TensorShape(featureCount),
            Train = samples,
            Test = null,
            DefaultScaling = ScalingKind.Standard,
            KnownMaximum = null,
        };
    }

    private static (RawPart Train, RawPart Test, TrainTestSplit? Split) Split(RawData data, DataSetOptions options, DataSource source)
    {
        if (data.Test is not null && options.TestRatio is null)
        {
            return (data.Train, data.Test, null);
        }

        var ratio = options.TestRatio ?? DataSetOptions.DefaultTestRatio;
        var all = data.Test is null ? data.Train : SampleSplitter.Join(data.Train, data.Test);
        var (train, test) = SampleSplitter.Split(all, ratio, options.Seed, $"{source}");
        return (train, test, new TrainTestSplit(ratio, options.Seed, SourcePartsJoined: data.Test is not null));
    }

    private static (RawPart Train, RawPart? Validation) SplitOff(RawPart rest, DataSetOptions options, DataSource source) =>
        SampleSplitter.SplitForValidation(rest, options.ValidationRatio, options.Seed, $"the training part of {source}");

    private static ImmutableArray<string> ClassNames(Targets targets) => targets is ClassLabels labels ? labels.ClassNames : [];

    // A file with fewer classes than the model knows numbers them differently; the names say what is meant.
    private static Targets MatchClasses(Targets targets, ImmutableArray<string> modelClasses, DataSource source)
    {
        if (targets is Unlabelled)
        {
            return targets;
        }

        if (targets is not ClassLabels labels)
        {
            return modelClasses.IsEmpty ? targets : throw new InvalidInputException($"{source} has values as targets but the model tells classes apart.");
        }

        if (modelClasses.IsEmpty)
        {
            throw new InvalidInputException($"{source} has classes as targets but the model estimates values (for values add the option task=regression).");
        }

        // Only classes that occur count: the names of a part may include some that only the other part has.
        var modelClassOf = labels.ClassNames.Select(name => modelClasses.IndexOf(name)).ToArray();
        var matched = new int[labels.Labels.Length];
        for (var i = 0; i < matched.Length; i++)
        {
            var label = labels.Labels.Span[i];
            matched[i] = modelClassOf[label] >= 0
                ? modelClassOf[label]
                : throw new InvalidInputException(
                    $"{source}: label '{labels.ClassNames[label]}' of sample {i / labels.LabelsPerSample} is none of the model's {modelClasses.Length} classes.");
        }

        return new ClassLabels(matched, modelClasses, labels.LabelsPerSample);
    }
}
