using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>
/// Reads the binary files of CIFAR-10 and CIFAR-100: records of one or two label bytes (CIFAR-100: coarse, then fine) and 3,072 pixel bytes, which are three planes (red, green, blue) of
/// 32 rows of 32. A sample is [32, 32, 3], channels last. Format: https://www.cs.toronto.edu/~kriz/cifar.html, "Binary version".
/// </summary>
internal static class CifarReader
{
    private const int SideLength = 32;
    private const int Channels = 3;
    private const int PlaneLength = SideLength * SideLength;
    private const int SampleLength = PlaneLength * Channels;
    private const double LargestByte = 255;
    private const int LongestNamesBytes = 1 << 16;

    private static readonly TensorShape Shape = new(SideLength, SideLength, Channels);

    private static readonly CifarLayout Ten = new(
        "cifar10", [.. Enumerable.Range(1, 5).Select(batch => $"data_batch_{batch}.bin")], "test_batch.bin", "batches.meta.txt", LabelBytes: 1, LabelPosition: 0, ClassCount: 10);

    private static readonly CifarLayout Fine = new("cifar100", ["train.bin"], "test.bin", "fine_label_names.txt", LabelBytes: 2, LabelPosition: 1, ClassCount: 100);

    private static readonly CifarLayout Coarse = Fine with { NamesFile = "coarse_label_names.txt", LabelPosition = 0, ClassCount = 20 };

    /// <exception cref="InvalidInputException">A file is missing, does not hold whole records, or has labels out of range.</exception>
    public static RawData Read(CifarSource source, DataLimits limits)
    {
        var layout = Layout(source);
        RequireFolder(source.Folder);
        var classNames = ReadClassNames(source.Folder, layout);
        var test = ReadPart(source.Folder, [layout.TestFile], layout, classNames, limits);
        var train = ReadPart(source.Folder, layout.TrainFiles, layout, classNames, limits);
        return new RawData
        {
            Name = layout.Name,
            Description = string.Create(
                CultureInfo.InvariantCulture, $"{train.Count:N0} training and {test.Count:N0} test images of shape {Shape} in {layout.ClassCount} classes, from {source.Folder}"),
            SampleShape = Shape,
            Train = train,
            Test = test,
            DefaultScaling = ScalingKind.Unit,
            KnownMaximum = LargestByte,
        };
    }

    /// <summary>The files that <see cref="Read"/> reads; whether they are there it finds out itself, but for the one that need not be.</summary>
    /// <exception cref="InvalidInputException">There is no such folder.</exception>
    public static IEnumerable<string> FindFiles(CifarSource source)
    {
        RequireFolder(source.Folder);
        var layout = Layout(source);
        return layout.TrainFiles.Add(layout.TestFile)
            .Concat(File.Exists(Path.Combine(source.Folder, layout.NamesFile)) ? [layout.NamesFile] : [])
            .Select(file => Path.Combine(source.Folder, file));
    }

    private static CifarLayout Layout(CifarSource source) => source.Labels switch
    {
        CifarLabels.Ten => Ten,
        CifarLabels.Fine => Fine,
        _ => Coarse,
    };

    private static void RequireFolder(string folder)
    {
        if (!Directory.Exists(folder))
        {
            throw new InvalidInputException(File.Exists(folder) ? $"{folder} is a file where a folder is needed." : $"{folder} does not exist.");
        }
    }

    /// <summary>One name a line; where there is no such file, the numbers of the classes.</summary>
    private static ImmutableArray<string> ReadClassNames(string folder, CifarLayout layout)
    {
        var path = Path.Combine(folder, layout.NamesFile);
        if (!File.Exists(path))
        {
            return [.. Enumerable.Range(0, layout.ClassCount).Select(label => label.ToString(CultureInfo.InvariantCulture))];
        }

        var bytes = InputFile.Read(path, input => input.ReadUpTo(LongestNamesBytes));
        var names = System.Text.Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return names.Length == layout.ClassCount && names.Distinct(StringComparer.Ordinal).Count() == names.Length
            ? [.. names]
            : throw new InvalidInputException($"{path} does not name {layout.ClassCount} different classes, one a line.");
    }

    private static RawPart ReadPart(string folder, ImmutableArray<string> files, CifarLayout layout, ImmutableArray<string> classNames, DataLimits limits)
    {
        var recordLength = layout.LabelBytes + SampleLength;
        var mostRecords = (int)Math.Min(limits.MaximumValues / SampleLength, Array.MaxLength / recordLength);
        var contents = files.Select(file => ReadRecords(Path.Combine(folder, file), recordLength, mostRecords)).ToArray();
        var count = contents.Sum(content => (long)content.Length / recordLength);
        if (count > mostRecords)
        {
            throw new InvalidInputException($"{folder} holds {count} images in one part, over the bound of {mostRecords}.");
        }

        var inputs = GC.AllocateUninitializedArray<float>((int)count * SampleLength);
        var labels = new int[count];
        var sample = 0;
        for (var file = 0; file < contents.Length; file++)
        {
            for (var start = 0; start < contents[file].Length; start += recordLength)
            {
                var record = contents[file].AsSpan(start, recordLength);
                labels[sample] = record[layout.LabelPosition] < layout.ClassCount
                    ? record[layout.LabelPosition]
                    : throw new InvalidInputException(
                        $"{Path.Combine(folder, files[file])}: label {record[layout.LabelPosition]} of sample {start / recordLength} is out of range, "
                        + $"since labels go from 0 to {layout.ClassCount - 1}.");
                PutChannelsLast(record[layout.LabelBytes..], inputs.AsSpan(sample * SampleLength, SampleLength));
                sample++;
            }
        }

        return new RawPart(inputs, new ClassLabels(labels, classNames));
    }

    private static byte[] ReadRecords(string path, int recordLength, int mostRecords) => InputFile.Read(path, input =>
    {
        var bytes = input.ReadUpTo(mostRecords * recordLength);
        if (!input.IsAtEnd())
        {
            throw new InvalidInputException($"{path} holds more than {mostRecords} images.");
        }

        return bytes.Length > 0 && bytes.Length % recordLength == 0
            ? bytes
            : throw new InvalidInputException($"{path} has {bytes.Length} bytes, which is not a whole number of records of {recordLength}: it is truncated, damaged or not a CIFAR file.");
    });

    private static void PutChannelsLast(ReadOnlySpan<byte> planes, Span<float> sample)
    {
        for (var pixel = 0; pixel < PlaneLength; pixel++)
        {
            for (var channel = 0; channel < Channels; channel++)
            {
                sample[(pixel * Channels) + channel] = planes[(channel * PlaneLength) + pixel];
            }
        }
    }

    /// <param name="LabelBytes">Labels in front of the pixels of a record.</param>
    /// <param name="LabelPosition">Which of them is learned.</param>
    private sealed record CifarLayout(
        string Name, ImmutableArray<string> TrainFiles, string TestFile, string NamesFile, int LabelBytes, int LabelPosition, int ClassCount);
}
