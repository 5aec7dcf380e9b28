using DistTrain.Learning;

namespace DistTrain.Engines.Simd.Tests;

/// <summary>
/// Elements with canaries right before and after them, so that a write past either end is seen, and with NaN canaries, so that a read past
/// either end spoils the result.
/// </summary>
internal sealed unsafe class GuardedBuffer
{
    private const int GuardLength = 64;
    private static readonly float Canary = BitConverter.UInt32BitsToSingle(0x7FC0DEAD);
    private readonly TensorBuffer buffer;

    /// <param name="length">Number of elements between the canaries.</param>
    /// <param name="misalignment">Elements by which the first one misses a 64-byte border.</param>
    public GuardedBuffer(int length, int misalignment = 0)
    {
        buffer = new TensorBuffer(length + (2 * GuardLength) + misalignment);
        buffer.Span.Fill(Canary);
        Start = GuardLength + misalignment;
        Length = length;
        Span.Clear();
    }

    private int Start { get; }

    public int Length { get; }

    public Span<float> Span => buffer.Span.Slice(Start, Length);

    public float* Pointer => Pointers.Of(buffer) + Start;

    public static GuardedBuffer Random(int length, int seed, int misalignment = 0)
    {
        var result = new GuardedBuffer(length, misalignment);
        var random = new Random(seed);
        foreach (ref float value in result.Span)
        {
            value = (random.NextSingle() * 2) - 1;
        }

        return result;
    }

    public void AssertGuardsAreIntact()
    {
        Assert.True(IsCanary(buffer.Span[..Start]), "something wrote before the buffer");
        Assert.True(IsCanary(buffer.Span[(Start + Length)..]), "something wrote after the buffer");
    }

    private static bool IsCanary(ReadOnlySpan<float> guard)
    {
        foreach (float value in guard)
        {
            if (BitConverter.SingleToUInt32Bits(value) != BitConverter.SingleToUInt32Bits(Canary))
            {
                return false;
            }
        }

        return true;
    }
}
