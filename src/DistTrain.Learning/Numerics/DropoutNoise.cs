namespace DistTrain.Learning.Numerics;

/// <summary>
/// The noise of a dropout layer in a step: 32 random bits for each unit of each sample, as a pure function of (seed, step, sample, layer, unit), so that any split of the work draws the same.
/// The first two words of <see cref="Philox4x32"/> under the seed at counter (step, layer, 'DROP') are the layer's key in the step; under it the block at counter
/// (16 ⌊unit / 64⌋ + unit mod 16, 0, sample, 0) holds the unit's bits in its word ⌊unit / 16⌋ mod 4. So 16 blocks give 64 units, and a vector of blocks the bits of neighbouring units.
/// </summary>
public readonly record struct DropoutNoise
{
    /// <summary>Units that 16 blocks serve.</summary>
    public const int GroupLength = 64;

    /// <summary>Units between two words of a block.</summary>
    public const int WordStride = 16;

    private const uint DropoutStream = 0x44524F50;

    public DropoutNoise(ulong seed, long step, int layer, double rate)
    {
        var words = Philox4x32.Generate(seed, new((uint)step, (uint)(step >> 32), (uint)layer, DropoutStream));
        Key = ((ulong)words.Word1 << 32) | words.Word0;
        Threshold = (uint)Math.Min(Math.Round(rate * 4294967296.0), uint.MaxValue);
    }

    /// <summary>Of the generator, for this layer in this step.</summary>
    public ulong Key { get; }

    /// <summary>A unit is dropped where its bits are below this.</summary>
    public uint Threshold { get; }

    /// <param name="sampleId">Index of the sample in the data set.</param>
    /// <param name="unit">Index of the element within the sample's output of the layer.</param>
    public bool Drops(int sampleId, int unit)
    {
        var block = (unit / GroupLength * WordStride) + (unit % WordStride);
        var (word0, word1, word2, word3) = Philox4x32.Generate(Key, new((uint)block, 0, (uint)sampleId, 0));
        var bits = (unit / WordStride % 4) switch { 0 => word0, 1 => word1, 2 => word2, _ => word3 };
        return bits < Threshold;
    }
}
