using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;
using DistTrain.Learning.Numerics;

namespace DistTrain.Engines.Simd.Elementwise;

/// <summary>The single-precision functions of <see cref="DeterministicMath"/>, which is their definition, lane by lane with the same bits.</summary>
internal static class VectorMath<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Exp(TVector x)
    {
        TVector upper = TOps.Broadcast(DeterministicMath.SingleExpUpperLimit);
        TVector lower = TOps.Broadcast(DeterministicMath.SingleExpLowerLimit);
        TVector clamped = TOps.SelectGreater(x, upper, upper, x);
        clamped = TOps.SelectGreater(lower, clamped, lower, clamped);
        TVector p = TOps.Add(ExpMinusOneOfRemainder(clamped, out TVector shifted), TOps.Broadcast(1f));
        (TVector first, TVector second) = TOps.PowersOfTwo(shifted);
        return TOps.SelectNaN(x, x, TOps.Multiply(TOps.Multiply(p, first), second));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Tanh(TVector x)
    {
        TVector one = TOps.Broadcast(1f);
        TVector two = TOps.Broadcast(2f);
        TVector magnitude = TOps.Absolute(x);
        TVector z = TOps.Multiply(magnitude, magnitude);
        TVector p = TOps.Broadcast(DeterministicMath.SingleTanhCoefficients.C11);
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleTanhCoefficients.C9));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleTanhCoefficients.C7));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleTanhCoefficients.C5));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleTanhCoefficients.C3));
        TVector small = TOps.FusedMultiplyAdd(TOps.Multiply(magnitude, z), p, magnitude);
        TVector large = TOps.Subtract(one, TOps.Divide(two, TOps.Add(Exp(TOps.Add(magnitude, magnitude)), one)));
        TVector limit = TOps.Broadcast(DeterministicMath.SingleTanhPolynomialLimit);
        return TOps.SelectNaN(x, x, TOps.CopySign(TOps.SelectGreater(limit, magnitude, small, large), x));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Sigmoid(TVector x)
    {
        TVector one = TOps.Broadcast(1f);
        TVector e = Exp(TOps.Negate(TOps.Absolute(x)));
        return TOps.Divide(TOps.SelectGreater(TOps.Broadcast(0f), x, e, one), TOps.Add(one, e));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Softplus(TVector x)
    {
        TVector zero = TOps.Broadcast(0f);
        return TOps.Add(TOps.SelectGreater(x, zero, x, zero), LogOnePlus(Exp(TOps.Negate(TOps.Absolute(x)))));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Erf(TVector x)
    {
        TVector magnitude = TOps.Absolute(x);
        TVector z = TOps.Multiply(magnitude, magnitude);
        TVector p = TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C13);
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C11));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C9));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C7));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C5));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C3));
        p = TOps.FusedMultiplyAdd(p, z, TOps.Broadcast(DeterministicMath.SingleErfCoefficients.C1));
        TVector small = TOps.FusedMultiplyAdd(magnitude, p, magnitude);
        TVector upper = TOps.Broadcast(DeterministicMath.SingleErfUpperLimit);
        TVector a = TOps.SelectGreater(magnitude, upper, upper, magnitude);
        TVector q = TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C6);
        q = TOps.FusedMultiplyAdd(q, a, TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C5));
        q = TOps.FusedMultiplyAdd(q, a, TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C4));
        q = TOps.FusedMultiplyAdd(q, a, TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C3));
        q = TOps.FusedMultiplyAdd(q, a, TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C2));
        q = TOps.FusedMultiplyAdd(q, a, TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C1));
        q = TOps.FusedMultiplyAdd(q, a, TOps.Broadcast(DeterministicMath.SingleErfcCoefficients.C0));
        TVector large = TOps.Subtract(TOps.Broadcast(1f), Exp(TOps.Negate(q)));
        TVector limit = TOps.Broadcast(DeterministicMath.SingleErfPolynomialLimit);
        return TOps.SelectNaN(x, x, TOps.CopySign(TOps.SelectGreater(limit, magnitude, small, large), x));
    }

    /// <summary>exp(x) − 1 for x ≤ 0 and 0 above.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector ExpMinusOneBelowZero(TVector x)
    {
        TVector lower = TOps.Broadcast(DeterministicMath.SingleExpMinusOneLowerLimit);
        TVector zero = TOps.Broadcast(0f);
        TVector clamped = TOps.SelectGreater(lower, x, lower, TOps.SelectGreater(x, zero, zero, x));
        TVector p = ExpMinusOneOfRemainder(clamped, out TVector shifted);
        (TVector first, TVector second) = TOps.PowersOfTwo(shifted);
        TVector scale = TOps.Multiply(first, second);
        return TOps.SelectNaN(x, x, TOps.FusedMultiplyAdd(p, scale, TOps.Subtract(scale, TOps.Broadcast(1f))));
    }

    /// <summary>exp(r) − 1 for x = n ln 2 + r with |r| at most ln 2 / 2; the exponent n is in the low bits of <paramref name="shifted"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector ExpMinusOneOfRemainder(TVector x, out TVector shifted)
    {
        TVector magic = TOps.Broadcast(DeterministicMath.SingleRoundingMagic);
        shifted = TOps.FusedMultiplyAdd(x, TOps.Broadcast(DeterministicMath.SingleLog2E), magic);
        TVector n = TOps.Negate(TOps.Subtract(shifted, magic));
        TVector r = TOps.FusedMultiplyAdd(n, TOps.Broadcast(DeterministicMath.SingleLn2High), x);
        r = TOps.FusedMultiplyAdd(n, TOps.Broadcast(DeterministicMath.SingleLn2Low), r);
        TVector q = TOps.Broadcast(DeterministicMath.SingleExpCoefficients.C6);
        q = TOps.FusedMultiplyAdd(q, r, TOps.Broadcast(DeterministicMath.SingleExpCoefficients.C5));
        q = TOps.FusedMultiplyAdd(q, r, TOps.Broadcast(DeterministicMath.SingleExpCoefficients.C4));
        q = TOps.FusedMultiplyAdd(q, r, TOps.Broadcast(DeterministicMath.SingleExpCoefficients.C3));
        q = TOps.FusedMultiplyAdd(q, r, TOps.Broadcast(DeterministicMath.SingleExpCoefficients.C2));
        return TOps.FusedMultiplyAdd(TOps.Multiply(r, r), q, r);
    }

    /// <summary>log(1 + e) for e from 0 to 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static TVector LogOnePlus(TVector e)
    {
        TVector limit = TOps.Broadcast(DeterministicMath.SingleSqrtTwoMinusOne);
        TVector halved = TOps.Multiply(TOps.Broadcast(0.5f), TOps.Subtract(e, TOps.Broadcast(1f)));
        TVector f = TOps.SelectGreater(e, limit, halved, e);
        TVector p = TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C11);
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C10));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C9));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C8));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C7));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C6));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C5));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C4));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C3));
        p = TOps.FusedMultiplyAdd(p, f, TOps.Broadcast(DeterministicMath.SingleLogCoefficients.C2));
        TVector y = TOps.FusedMultiplyAdd(TOps.Multiply(f, f), p, f);
        TVector whole = TOps.Add(TOps.Add(y, TOps.Broadcast(DeterministicMath.SingleLn2Low)), TOps.Broadcast(DeterministicMath.SingleLn2High));
        return TOps.SelectGreater(e, limit, whole, y);
    }
}
