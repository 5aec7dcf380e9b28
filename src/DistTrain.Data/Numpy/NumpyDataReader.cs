using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>
/// Makes samples of NumPy arrays: the first axis counts the samples, the others are the shape of one. Labels are [samples] or [samples, 1] of classes, which are named after their numbers
/// and ordered by them, or [samples] or [samples, width] of values.
/// </summary>
internal static class NumpyDataReader
{
    private const double LargestByte = 255;

    public static RawData ReadFiles(NpySource source, DataLimits limits)
    {
        // Labels first: they are short, so that a wrong file is found before the samples are read.
        var labels = source.Labels is null ? null : InputFile.Read(source.Labels, input => NpyArray.Read(input, keepWhole: true, limits));
        var inputs = InputFile.Read(source.Inputs, input => NpyArray.Read(input, keepWhole: false, limits));
        return Make("npy", source.Inputs, new ArrayPair(inputs, labels), null, source.Task, limits);
    }

    public static RawData ReadArchive(NpzSource source, DataLimits limits) => NpzArchive.Read(source.File, archive =>
    {
        if (archive.Contains("x_train"))
        {
            var test = archive.Contains("x_test") ? ReadPair("x_test", "y_test") : null;
            return Make("npz", source.File, ReadPair("x_train", "y_train"), test, source.Task, limits);
        }

        return archive.Contains("x")
            ? Make("npz", source.File, new ArrayPair(Inputs("x"), archive.Contains("y") ? Labels("y") : null), null, source.Task, limits)
            : throw new InvalidInputException($"{source.File} has neither an array 'x_train' nor 'x', only {archive.Names}.");

        ArrayPair ReadPair(string inputs, string labels)
        {
            var labelArray = Labels(labels);
            return new ArrayPair(Inputs(inputs), labelArray);
        }

        NpyArray Labels(string name) => archive.ReadArray(name, keepWhole: true, limits);

        NpyArray Inputs(string name) => archive.ReadArray(name, keepWhole: false, limits);
    });

    private static RawData Make(string name, string path, ArrayPair train, ArrayPair? test, LabelTask? task, DataLimits limits)
    {
        var shape = train.SampleShape;
        if (test is not null && test.SampleShape != shape)
        {
            throw new InvalidInputException($"{test.Inputs.Path} has samples of shape {test.SampleShape} but {train.Inputs.Path} has {shape}.");
        }

        var isBytes = train.Inputs.Type is { Kind: 'u', Bytes: 1 } && (test is null || test.Inputs.Type == train.Inputs.Type);
        var trainLabels = train.ReadLabels(task);
        var testLabels = test?.ReadLabels(task);
        RequireSameTask(train, trainLabels, test, testLabels);
        var classNumbers = ClassNumbers(path, [trainLabels?.WholeNumbers, testLabels?.WholeNumbers], limits);
        var testText = test is null ? "" : $" and {test.Inputs.Count:N0} test";
        return new RawData
        {
            Name = name,
            Description = string.Create(CultureInfo.InvariantCulture, $"{train.Inputs.Count:N0} training{testText} samples of shape {shape}, from {path}"),
            SampleShape = shape,
            Train = new RawPart(train.Inputs.Values!, ToTargets(train, trainLabels, classNumbers)),
            Test = test is null ? null : new RawPart(test.Inputs.Values!, ToTargets(test, testLabels, classNumbers)),
            DefaultScaling = isBytes ? ScalingKind.Unit : shape.Rank == 1 && train.Inputs.Type.Kind != 'b' ? ScalingKind.Standard : ScalingKind.None,
            KnownMaximum = isBytes ? LargestByte : null,
        };
    }

    private static void RequireSameTask(ArrayPair train, NpyArray? trainLabels, ArrayPair? test, NpyArray? testLabels)
    {
        if (test is not null
            && (trainLabels?.WholeNumbers is null != testLabels?.WholeNumbers is null || (trainLabels is { Values: not null } && trainLabels.RowLength != testLabels!.RowLength)))
        {
            throw new InvalidInputException($"{test.Labels!.Path} has labels of another kind than {train.Labels!.Path}: one has classes or another number of values a sample.");
        }
    }

    /// <summary>The numbers that occur as classes, in ascending order; empty where there are no classes.</summary>
    private static ImmutableArray<long> ClassNumbers(string path, IEnumerable<long[]?> parts, DataLimits limits)
    {
        var numbers = parts.SelectMany(part => part ?? []).Distinct().Take(limits.MaximumClasses + 1).Order().ToImmutableArray();
        return numbers.Length <= limits.MaximumClasses
            ? numbers
            : throw new InvalidInputException($"{path} has more than {limits.MaximumClasses} different labels: if they are values to approximate, add the option task=regression.");
    }

    private static Targets ToTargets(ArrayPair pair, NpyArray? labels, ImmutableArray<long> classNumbers) => labels switch
    {
        null => new Unlabelled(pair.Inputs.Count),
        { WholeNumbers: { } numbers } => new ClassLabels(
            Array.ConvertAll(numbers, number => classNumbers.BinarySearch(number)), [.. classNumbers.Select(number => number.ToString(CultureInfo.InvariantCulture))]),
        _ => new TargetValues(labels.Values!, labels.RowLength),
    };

    private sealed record ArrayPair(NpyArray Inputs, NpyArray? Labels)
    {
        public TensorShape SampleShape { get; } = Inputs.Shape.Length == 1 ? new TensorShape(1) : new TensorShape(Inputs.Shape[1..]);

        /// <summary>Labels as the task wants them: whole numbers for classes, float32 for values; null where there are none.</summary>
        public NpyArray? ReadLabels(LabelTask? task)
        {
            if (Labels is null)
            {
                return null;
            }

            if (Labels.Count != Inputs.Count)
            {
                throw new InvalidInputException($"{Inputs.Path} has {Inputs.Count} samples but {Labels.Path} has {Labels.Count} labels.");
            }

            if (Labels.Shape.Length > 2)
            {
                throw new InvalidInputException($"{Labels.Path} has the shape ({string.Join(", ", Labels.Shape)}), but labels are [samples] or [samples, values].");
            }

            return (task ?? (Labels.WholeNumbers is null ? LabelTask.Regression : LabelTask.Classification)) switch
            {
                LabelTask.Regression => Labels with { Values = Labels.Values ?? Array.ConvertAll(Labels.WholeNumbers!, number => (float)number), WholeNumbers = null },
                _ when Labels.RowLength > 1 => throw new InvalidInputException(
                    $"{Labels.Path} has {Labels.RowLength} numbers a sample, but a class is one: use the index of the class, or add the option task=regression to learn the values."),
                _ => Labels with { Values = null, WholeNumbers = Labels.WholeNumbers ?? Array.ConvertAll(Labels.Values!, ToWhole) },
            };
        }

        private long ToWhole(float value) => float.IsInteger(value) && value is > -1e9f and < 1e9f
            ? (long)value
            : throw new InvalidInputException(string.Create(CultureInfo.InvariantCulture, $"{Labels!.Path} has a label {value}, which is no class: classes are whole numbers."));
    }
}
