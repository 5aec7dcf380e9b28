using System.Collections.Immutable;
using System.Globalization;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>Makes samples of IDX images and labels. An image of height by width pixels has the shape [height, width, 1]: channels are last.</summary>
internal static class IdxDataReader
{
    private const double LargestByte = 255;
    private const int MnistClassCount = 10;

    public static RawData ReadMnist(MnistSource source, DataLimits limits)
    {
        var (train, test) = IdxFolder.FindMnist(source.Folder);
        return Read("mnist", source.Folder, train, test, MnistClassCount, limits);
    }

    public static RawData ReadFolder(IdxSource source, DataLimits limits)
    {
        var (train, test) = IdxFolder.Find(source.Folder, source.Prefix);
        return Read("idx", source.Folder, train, test, classCount: null, limits);
    }

    private static RawData Read(string name, string folder, IdxPair trainFiles, IdxPair? testFiles, int? classCount, DataLimits limits)
    {
        // The two parts do not depend on each other, and unpacking takes most of the time.
        var testTask = testFiles is null ? null : Task.Run(() => IdxPart.Read(testFiles, limits));
        IdxPart train;
        try
        {
            train = IdxPart.Read(trainFiles, limits);
        }
        catch (InvalidInputException)
        {
            // What is wrong with the test part is not told as well; its exception is taken note of so that it does not surface later.
            testTask?.ContinueWith(task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw;
        }

        var test = testTask?.GetAwaiter().GetResult();
        if (test is not null && test.SampleShape != train.SampleShape)
        {
            throw new InvalidInputException($"{testFiles!.ImagesPath} has images of shape {test.SampleShape} but {trainFiles.ImagesPath} has {train.SampleShape}.");
        }

        // Without a known number of classes the training part defines it.
        var count = classCount ?? train.Labels.Max() + 1;
        ImmutableArray<string> classNames = [.. Enumerable.Range(0, count).Select(label => label.ToString(CultureInfo.InvariantCulture))];
        var testText = test is null ? "" : $" and {test.Labels.Length:N0} test";
        return new RawData
        {
            Name = name,
            Description = string.Create(
                CultureInfo.InvariantCulture,
                $"{train.Labels.Length:N0} training{testText} images of shape {train.SampleShape} in {count} classes, from {folder}"),
            SampleShape = train.SampleShape,
            Train = train.ToRawPart(classNames),
            Test = test?.ToRawPart(classNames),
            DefaultScaling = ScalingKind.Unit,
            KnownMaximum = LargestByte,
        };
    }

    private sealed record IdxPart(IdxPair Files, TensorShape SampleShape, float[] Inputs, int[] Labels)
    {
        public static IdxPart Read(IdxPair files, DataLimits limits)
        {
            // Labels first: they are short, so that a wrong pair is found before its images are unpacked.
            var labels = IdxReader.Read(files.LabelsPath, 1, 1, limits);
            var images = IdxReader.Read(files.ImagesPath, 2, 4, limits);
            if (labels.Count != images.Count)
            {
                throw new InvalidInputException($"{files.ImagesPath} has {images.Count} images but {files.LabelsPath} has {labels.Count} labels.");
            }

            ImmutableArray<int> extents = images.Dimensions.Length == 3 ? [.. images.Dimensions[1..], 1] : images.Dimensions[1..];
            return new IdxPart(files, new TensorShape(extents), ToFloats(images.Values), [.. labels.Values.Select(label => (int)label)]);
        }

        public RawPart ToRawPart(ImmutableArray<string> classNames)
        {
            var wrong = Array.FindIndex(Labels, label => label >= classNames.Length);
            return wrong < 0
                ? new RawPart(Inputs, new ClassLabels(Labels, classNames))
                : throw new InvalidInputException(
                    $"{Files.LabelsPath}: label {Labels[wrong]} of sample {wrong} is out of range, since labels go from 0 to {classNames.Length - 1}.");
        }

        private static float[] ToFloats(byte[] bytes)
        {
            var floats = GC.AllocateUninitializedArray<float>(bytes.Length);
            for (var index = 0; index < bytes.Length; index++)
            {
                floats[index] = bytes[index];
            }

            return floats;
        }
    }
}
