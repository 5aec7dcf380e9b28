namespace DistTrain.Engines.Simd.Lanes;

/// <summary>
/// The operations on one vector width that the kernels are written in. Kernels take the implementing struct as a type parameter, so that
/// one source becomes straight machine code for each width. Every operation is exact or correctly rounded (IEEE 754) in each lane, which
/// is why all widths give the same bits.
/// </summary>
/// <typeparam name="TVector">The vector of floats.</typeparam>
internal unsafe interface IVectorOperations<TVector>
    where TVector : unmanaged
{
    /// <summary>Floats in a vector; 16 is a multiple of it.</summary>
    static abstract int Width { get; }

    /// <summary>Rows of a register tile that is two vectors wide: what the register file holds.</summary>
    static abstract int DoubleTileRows { get; }

    /// <summary>Rows of a register tile that is one vector wide.</summary>
    static abstract int SingleTileRows { get; }

    static abstract TVector Load(float* source);

    static abstract void Store(TVector value, float* destination);

    static abstract TVector Broadcast(float value);

    static abstract TVector FusedMultiplyAdd(TVector left, TVector right, TVector addend);

    static abstract TVector Add(TVector left, TVector right);

    static abstract TVector Subtract(TVector left, TVector right);

    static abstract TVector Multiply(TVector left, TVector right);

    static abstract TVector Divide(TVector left, TVector right);

    static abstract TVector SquareRoot(TVector value);

    static abstract TVector Negate(TVector value);

    static abstract TVector Absolute(TVector value);

    /// <summary>The magnitude of <paramref name="magnitude"/>, which is not negative, with the sign bit of <paramref name="sign"/>.</summary>
    static abstract TVector CopySign(TVector magnitude, TVector sign);

    /// <summary>left &gt; right ? whenTrue : whenFalse, lane by lane; false where either is NaN.</summary>
    static abstract TVector SelectGreater(TVector left, TVector right, TVector whenTrue, TVector whenFalse);

    /// <summary>left ≤ right ? whenTrue : whenFalse, lane by lane; false where either is NaN.</summary>
    static abstract TVector SelectLessOrEqual(TVector left, TVector right, TVector whenTrue, TVector whenFalse);

    /// <summary>value is NaN ? whenTrue : whenFalse, lane by lane.</summary>
    static abstract TVector SelectNaN(TVector value, TVector whenTrue, TVector whenFalse);

    /// <summary>Whether every lane is finite.</summary>
    static abstract bool AllFinite(TVector value);

    /// <summary>2^⌊n/2⌋ and 2^(n − ⌊n/2⌋) for the integers n that <paramref name="shifted"/> holds as 1.5·2^23 + n, |n| below 250.</summary>
    static abstract (TVector Lower, TVector Upper) PowersOfTwo(TVector shifted);

    /// <summary>
    /// Packs what is not zero (NaN is not), in lane order: the elements to <paramref name="values"/> and the entries of <paramref name="labels"/> at the same lanes to
    /// <paramref name="packedLabels"/>. May write a whole vector to both.
    /// </summary>
    /// <returns>How many are not zero.</returns>
    static abstract int CompressNonZero(TVector value, int* labels, float* values, int* packedLabels);

    /// <summary>The same 32 bits in every lane.</summary>
    static abstract TVector BroadcastBits(uint bits);

    static abstract TVector Xor(TVector left, TVector right);

    /// <summary>For every pair of lanes, as one 64-bit lane: the product of the lower halves, taken as unsigned integers.</summary>
    static abstract TVector MultiplyLowerHalves(TVector left, TVector right);

    /// <summary>For every pair of lanes, as one 64-bit lane: shifted right by 32 bits.</summary>
    static abstract TVector UpperHalves(TVector value);

    /// <summary>For every pair of lanes: the lower half of <paramref name="lower"/> and, above it, the lower half of <paramref name="upper"/>.</summary>
    static abstract TVector JoinLowerHalves(TVector lower, TVector upper);

    /// <summary>bits &lt; limit ? whenTrue : whenFalse, lane by lane, both taken as unsigned integers.</summary>
    static abstract TVector SelectBelowUnsigned(TVector bits, TVector limit, TVector whenTrue, TVector whenFalse);
}
