namespace DistTrain.Engines.Simd.Tests;

internal static class Bits
{
    /// <summary>Equal to the last bit; any NaN equals any NaN, since their payloads are not promised.</summary>
    public static bool Equal(float left, float right) =>
        BitConverter.SingleToUInt32Bits(left) == BitConverter.SingleToUInt32Bits(right) || (float.IsNaN(left) && float.IsNaN(right));

    public static void AssertEqual(ReadOnlySpan<float> expected, ReadOnlySpan<float> actual, string context)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            if (!Equal(expected[i], actual[i]))
            {
                Assert.Fail($"{context}: element {i} is {actual[i]:R}, expected {expected[i]:R}");
            }
        }
    }
}
