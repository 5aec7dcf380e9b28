using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// c [rows, 2 vectors] = a [rows, depth] · b [depth, 2 vectors], each element a chain of fused multiply-adds in order of depth. The
/// accumulators are named locals because only those stay in registers; a row beyond <typeparamref name="TRows"/> compiles to nothing.
/// </summary>
internal static unsafe class DoubleTile<TOps, TVector, TRows, TCopy>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TRows : struct, IRowCount
    where TCopy : struct, ISwitch
{
    private const int PrefetchedSteps = 16;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(TileArguments* tile)
    {
        TVector zero = TOps.Broadcast(0f);
        TVector l0 = zero, r0 = zero;
        TVector l1 = zero, r1 = zero;
        TVector l2 = zero, r2 = zero;
        TVector l3 = zero, r3 = zero;
        TVector l4 = zero, r4 = zero;
        TVector l5 = zero, r5 = zero;
        TVector l6 = zero, r6 = zero;
        TVector l7 = zero, r7 = zero;
        TVector l8 = zero, r8 = zero;
        TVector l9 = zero, r9 = zero;
        TVector l10 = zero, r10 = zero;
        TVector l11 = zero, r11 = zero;
        TVector l12 = zero, r12 = zero;
        TVector l13 = zero, r13 = zero;
        if (tile->Accumulate)
        {
            float* c = tile->C;
            nint cStride = tile->CStride;
            l0 = TOps.Load(c + (0 * cStride));
            r0 = TOps.Load(c + (0 * cStride) + TOps.Width);

            if (TRows.Count > 1)
            {
                l1 = TOps.Load(c + (1 * cStride));
                r1 = TOps.Load(c + (1 * cStride) + TOps.Width);
            }

            if (TRows.Count > 2)
            {
                l2 = TOps.Load(c + (2 * cStride));
                r2 = TOps.Load(c + (2 * cStride) + TOps.Width);
            }

            if (TRows.Count > 3)
            {
                l3 = TOps.Load(c + (3 * cStride));
                r3 = TOps.Load(c + (3 * cStride) + TOps.Width);
            }

            if (TRows.Count > 4)
            {
                l4 = TOps.Load(c + (4 * cStride));
                r4 = TOps.Load(c + (4 * cStride) + TOps.Width);
            }

            if (TRows.Count > 5)
            {
                l5 = TOps.Load(c + (5 * cStride));
                r5 = TOps.Load(c + (5 * cStride) + TOps.Width);
            }

            if (TRows.Count > 6)
            {
                l6 = TOps.Load(c + (6 * cStride));
                r6 = TOps.Load(c + (6 * cStride) + TOps.Width);
            }

            if (TRows.Count > 7)
            {
                l7 = TOps.Load(c + (7 * cStride));
                r7 = TOps.Load(c + (7 * cStride) + TOps.Width);
            }

            if (TRows.Count > 8)
            {
                l8 = TOps.Load(c + (8 * cStride));
                r8 = TOps.Load(c + (8 * cStride) + TOps.Width);
            }

            if (TRows.Count > 9)
            {
                l9 = TOps.Load(c + (9 * cStride));
                r9 = TOps.Load(c + (9 * cStride) + TOps.Width);
            }

            if (TRows.Count > 10)
            {
                l10 = TOps.Load(c + (10 * cStride));
                r10 = TOps.Load(c + (10 * cStride) + TOps.Width);
            }

            if (TRows.Count > 11)
            {
                l11 = TOps.Load(c + (11 * cStride));
                r11 = TOps.Load(c + (11 * cStride) + TOps.Width);
            }

            if (TRows.Count > 12)
            {
                l12 = TOps.Load(c + (12 * cStride));
                r12 = TOps.Load(c + (12 * cStride) + TOps.Width);
            }

            if (TRows.Count > 13)
            {
                l13 = TOps.Load(c + (13 * cStride));
                r13 = TOps.Load(c + (13 * cStride) + TOps.Width);
            }
        }

        // Every row address is one of these pointers plus a scaled stride, so that rows cost no registers of their own.
        nint stride = tile->ARowStrideBytes;
        nint stride3 = stride * 3;
        nint stride5 = stride * 5;
        nint step = tile->AStepBytes;
        byte* a = (byte*)tile->A;
        byte* a5 = a + stride5;
        float* b = tile->B;
        nint bStride = tile->BStride;
        float* copy = tile->BCopy;
        nint segments = tile->Segments;
        while (true)
        {
            nint depth = tile->Depth;
            do
            {
                TVector left = TOps.Load(b);
                TVector right = TOps.Load(b + TOps.Width);
                if (TCopy.IsOn)
                {
                    // Rows of B in place may each lie on a page of their own, where the processor does not look ahead by itself.
                    if (Sse.IsSupported)
                    {
                        Sse.Prefetch0(b + (PrefetchedSteps * bStride));
                        Sse.Prefetch0(b + (PrefetchedSteps * bStride) + TOps.Width);
                    }

                    TOps.Store(left, copy);
                    TOps.Store(right, copy + TOps.Width);
                    copy += 2 * TOps.Width;
                }

                TVector x;
                x = TOps.Broadcast(*(float*)(a));
                l0 = TOps.FusedMultiplyAdd(x, left, l0);
                r0 = TOps.FusedMultiplyAdd(x, right, r0);

                if (TRows.Count > 1)
                {
                    x = TOps.Broadcast(*(float*)(a + stride));
                    l1 = TOps.FusedMultiplyAdd(x, left, l1);
                    r1 = TOps.FusedMultiplyAdd(x, right, r1);
                }

                if (TRows.Count > 2)
                {
                    x = TOps.Broadcast(*(float*)(a + (stride * 2)));
                    l2 = TOps.FusedMultiplyAdd(x, left, l2);
                    r2 = TOps.FusedMultiplyAdd(x, right, r2);
                }

                if (TRows.Count > 3)
                {
                    x = TOps.Broadcast(*(float*)(a + stride3));
                    l3 = TOps.FusedMultiplyAdd(x, left, l3);
                    r3 = TOps.FusedMultiplyAdd(x, right, r3);
                }

                if (TRows.Count > 4)
                {
                    x = TOps.Broadcast(*(float*)(a + (stride * 4)));
                    l4 = TOps.FusedMultiplyAdd(x, left, l4);
                    r4 = TOps.FusedMultiplyAdd(x, right, r4);
                }

                if (TRows.Count > 5)
                {
                    x = TOps.Broadcast(*(float*)(a5));
                    l5 = TOps.FusedMultiplyAdd(x, left, l5);
                    r5 = TOps.FusedMultiplyAdd(x, right, r5);
                }

                if (TRows.Count > 6)
                {
                    x = TOps.Broadcast(*(float*)(a + (stride3 * 2)));
                    l6 = TOps.FusedMultiplyAdd(x, left, l6);
                    r6 = TOps.FusedMultiplyAdd(x, right, r6);
                }

                if (TRows.Count > 7)
                {
                    x = TOps.Broadcast(*(float*)(a5 + (stride * 2)));
                    l7 = TOps.FusedMultiplyAdd(x, left, l7);
                    r7 = TOps.FusedMultiplyAdd(x, right, r7);
                }

                if (TRows.Count > 8)
                {
                    x = TOps.Broadcast(*(float*)(a + (stride * 8)));
                    l8 = TOps.FusedMultiplyAdd(x, left, l8);
                    r8 = TOps.FusedMultiplyAdd(x, right, r8);
                }

                if (TRows.Count > 9)
                {
                    x = TOps.Broadcast(*(float*)(a5 + (stride * 4)));
                    l9 = TOps.FusedMultiplyAdd(x, left, l9);
                    r9 = TOps.FusedMultiplyAdd(x, right, r9);
                }

                if (TRows.Count > 10)
                {
                    x = TOps.Broadcast(*(float*)(a + (stride5 * 2)));
                    l10 = TOps.FusedMultiplyAdd(x, left, l10);
                    r10 = TOps.FusedMultiplyAdd(x, right, r10);
                }

                if (TRows.Count > 11)
                {
                    x = TOps.Broadcast(*(float*)(a5 + (stride3 * 2)));
                    l11 = TOps.FusedMultiplyAdd(x, left, l11);
                    r11 = TOps.FusedMultiplyAdd(x, right, r11);
                }

                if (TRows.Count > 12)
                {
                    x = TOps.Broadcast(*(float*)(a + (stride3 * 4)));
                    l12 = TOps.FusedMultiplyAdd(x, left, l12);
                    r12 = TOps.FusedMultiplyAdd(x, right, r12);
                }

                if (TRows.Count > 13)
                {
                    x = TOps.Broadcast(*(float*)(a5 + (stride * 8)));
                    l13 = TOps.FusedMultiplyAdd(x, left, l13);
                    r13 = TOps.FusedMultiplyAdd(x, right, r13);
                }

                a += step;
                a5 += step;
                b += bStride;
            }
            while (--depth != 0);

            if (--segments <= 0)
            {
                break;
            }

            nint gap = tile->ASegmentGapBytes;
            a += gap;
            a5 += gap;
        }

        Finish(tile, 0, l0, r0);

        if (TRows.Count > 1)
        {
            Finish(tile, 1, l1, r1);
        }

        if (TRows.Count > 2)
        {
            Finish(tile, 2, l2, r2);
        }

        if (TRows.Count > 3)
        {
            Finish(tile, 3, l3, r3);
        }

        if (TRows.Count > 4)
        {
            Finish(tile, 4, l4, r4);
        }

        if (TRows.Count > 5)
        {
            Finish(tile, 5, l5, r5);
        }

        if (TRows.Count > 6)
        {
            Finish(tile, 6, l6, r6);
        }

        if (TRows.Count > 7)
        {
            Finish(tile, 7, l7, r7);
        }

        if (TRows.Count > 8)
        {
            Finish(tile, 8, l8, r8);
        }

        if (TRows.Count > 9)
        {
            Finish(tile, 9, l9, r9);
        }

        if (TRows.Count > 10)
        {
            Finish(tile, 10, l10, r10);
        }

        if (TRows.Count > 11)
        {
            Finish(tile, 11, l11, r11);
        }

        if (TRows.Count > 12)
        {
            Finish(tile, 12, l12, r12);
        }

        if (TRows.Count > 13)
        {
            Finish(tile, 13, l13, r13);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TileArguments* tile, int row, TVector left, TVector right)
    {
        if (tile->Bias != null)
        {
            left = TOps.Add(left, TOps.Load(tile->Bias));
            right = TOps.Add(right, TOps.Load(tile->Bias + TOps.Width));
            if (tile->Relu)
            {
                TVector zero = TOps.Broadcast(0f);
                left = TOps.SelectLessOrEqual(left, zero, zero, left);
                right = TOps.SelectLessOrEqual(right, zero, zero, right);
            }
        }

        if (tile->ReluOutput != null)
        {
            TVector zero = TOps.Broadcast(0f);
            float* output = tile->ReluOutput + (row * tile->ReluOutputStride);
            left = TOps.SelectGreater(TOps.Load(output), zero, left, zero);
            right = TOps.SelectGreater(TOps.Load(output + TOps.Width), zero, right, zero);
        }

        float* c = tile->C + (row * tile->CStride);
        TOps.Store(left, c);
        TOps.Store(right, c + TOps.Width);
    }
}
