using System.Text.RegularExpressions;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The files of one part of an IDX data set.</summary>
internal sealed record IdxPair(string ImagesPath, string LabelsPath);

/// <summary>
/// Finds image and label files by their names: <c>PART-images-idx3-ubyte</c> and <c>PART-labels-idx1-ubyte</c>, with a dot instead of the
/// dash before <c>idx</c> as some archives unpack them, and with <c>.gz</c> or not. Of a file that is there packed and unpacked, the unpacked one is taken.
/// </summary>
internal static partial class IdxFolder
{
    /// <summary>The two pairs of MNIST.</summary>
    /// <exception cref="InvalidInputException">The folder or one of the four files is missing.</exception>
    public static (IdxPair Train, IdxPair Test) FindMnist(string folder)
    {
        var files = List(folder);
        return (Pair("train"), Pair("t10k"));

        IdxPair Pair(string part) => new(Find(part, "images", 3), Find(part, "labels", 1));

        string Find(string part, string content, int rank) =>
            files.Find(file => file.Part == part && file.Content == content && file.Rank == rank)?.Path
            ?? throw new InvalidInputException($"{folder} has no file {part}-{content}-idx{rank}-ubyte or {part}-{content}-idx{rank}-ubyte.gz.");
    }

    /// <summary>The training pair and, where there is one, the test pair of any data set of this family.</summary>
    /// <param name="folder">Where to look.</param>
    /// <param name="prefix">What the names must begin with; null for all.</param>
    /// <exception cref="InvalidInputException">The folder is missing, has no pair, half a pair, or more pairs than one data set has.</exception>
    public static (IdxPair Train, IdxPair? Test) Find(string folder, string? prefix)
    {
        var parts = List(folder)
            .Where(file => file.Name.StartsWith(prefix ?? "", StringComparison.Ordinal))
            .GroupBy(file => file.Part, StringComparer.Ordinal)
            .Select(files => (Part: files.Key, Pair: MakePair(folder, files.Key, [.. files])))
            .ToList();
        var testPairs = parts.Where(part => IsTest(part.Part)).ToList();
        var trainPairs = parts.Where(part => !IsTest(part.Part)).ToList();
        if (parts.Count == 0)
        {
            var where = prefix is null ? "" : $" beginning with '{prefix}'";
            throw new InvalidInputException($"{folder} has no files named like train-images-idx3-ubyte and train-labels-idx1-ubyte{where}.");
        }

        if (parts.Count == 1)
        {
            return (parts[0].Pair, null);
        }

        return trainPairs.Count == 1 && testPairs.Count == 1
            ? (trainPairs[0].Pair, testPairs[0].Pair)
            : throw new InvalidInputException(
                $"{folder} holds more than a training and a test part ({string.Join(", ", parts.Select(part => part.Part))}): choose with the option prefix=NAME.");
    }

    private static bool IsTest(string part) => part.EndsWith("t10k", StringComparison.OrdinalIgnoreCase) || part.EndsWith("test", StringComparison.OrdinalIgnoreCase);

    private static IdxPair MakePair(string folder, string part, List<FoundFile> files)
    {
        var images = files.Find(file => file.Content == "images");
        var labels = files.Find(file => file.Content == "labels" && file.Rank == 1);
        if (images is null || labels is null)
        {
            throw new InvalidInputException($"{folder} has {files[0].Name} but no {part}-{(images is null ? "images-idx3" : "labels-idx1")}-ubyte to go with it.");
        }

        return new IdxPair(images.Path, labels.Path);
    }

    private static List<FoundFile> List(string folder)
    {
        try
        {
            List<FoundFile> files = [];

            // In order, so that the choice does not depend on the file system; 'x' comes before 'x.gz'.
            foreach (var path in Directory.EnumerateFiles(folder).Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);
                if (NamePattern().Match(name) is { Success: true } match)
                {
                    files.Add(new FoundFile(path, name, match.Groups["part"].Value, match.Groups["content"].Value, match.Groups["rank"].Value[0] - '0'));
                }
            }

            return files;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            var fault = File.Exists(folder) ? "is a file where a folder is needed"
                : exception is DirectoryNotFoundException ? "does not exist"
                : $"cannot be read: {exception.Message.TrimEnd('.')}";
            throw new InvalidInputException($"{folder} {fault}.", exception);
        }
    }

    [GeneratedRegex(@"^(?<part>.+)-(?<content>images|labels)[-.]idx(?<rank>[1-9])-ubyte(\.gz)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex NamePattern();

    private sealed record FoundFile(string Path, string Name, string Part, string Content, int Rank);
}
