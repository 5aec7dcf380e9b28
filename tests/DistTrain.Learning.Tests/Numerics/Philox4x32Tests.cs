using DistTrain.Learning.Numerics;

namespace DistTrain.Learning.Tests.Numerics;

public sealed class Philox4x32Tests
{
    /// <summary>The known answers published with the paper (philox4x32, 10 rounds).</summary>
    [Theory]
    [InlineData(0ul, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(0xfffffffffffffffful, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0xffffffffu, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x299f31d0a4093822ul, 0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Known_answers(ulong key, uint c0, uint c1, uint c2, uint c3, uint r0, uint r1, uint r2, uint r3)
    {
        Assert.Equal(new Philox4x32.Words(r0, r1, r2, r3), Philox4x32.Generate(key, new(c0, c1, c2, c3)));
    }
}
