using DistTrain.Study.Experiments;

namespace DistTrain.Cli.Studies;

/// <summary>Writes a study's files into its folder.</summary>
internal static class StudyFiles
{
    public static void Write(StudyResult study, string folder)
    {
        ArgumentNullException.ThrowIfNull(study);
        Directory.CreateDirectory(folder);
    }
}
