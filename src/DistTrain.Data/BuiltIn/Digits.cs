using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>The handwritten digits that come with the program: 1,797 images of 8 by 8 pixels with values from 0 to 16.</summary>
internal static class Digits
{
    private const string ResourceName = "digits.csv.gz";
    private const int SideLength = 8;
    private const double LargestPixel = 16;

    public static RawData Read(DataLimits limits)
    {
        using var stream = typeof(Digits).Assembly.GetManifestResourceStream(ResourceName)
            ?? throw new InvalidOperationException($"The resource {ResourceName} is missing from the assembly.");
        var (_, samples) = InputFile.Read(stream, ResourceName, input => CsvReader.Read(input, new CsvSource(ResourceName, HasHeader: false), limits));
        return new RawData
        {
            Name = "digits",
            Description = "1,797 handwritten digits of 8 x 8 pixels by E. Alpaydin and C. Kaynak, UCI Machine Learning Repository, "
                + "https://doi.org/10.24432/C50P49 (CC BY 4.0)",
            SampleShape = new TensorShape(SideLength, SideLength, 1),
            Train = samples,
            Test = null,
            DefaultScaling = ScalingKind.Unit,
            KnownMaximum = LargestPixel,
        };
    }
}
