using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// c [rows, 1 vector] = a [rows, depth] · b [depth, 1 vector]: as <see cref="DoubleTile{TOps,TVector,TRows,TCopy}"/>, for products too
/// narrow for two vectors, with twice the rows to keep the multipliers busy.
/// </summary>
internal static unsafe class SingleTile<TOps, TVector, TRows>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TRows : struct, IRowCount
{
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(TileArguments* tile)
    {
        TVector zero = TOps.Broadcast(0f);
        TVector c0 = zero, c1 = zero, c2 = zero, c3 = zero;
        TVector c4 = zero, c5 = zero, c6 = zero, c7 = zero;
        TVector c8 = zero, c9 = zero, c10 = zero, c11 = zero;
        TVector c12 = zero, c13 = zero, c14 = zero, c15 = zero;
        TVector c16 = zero, c17 = zero, c18 = zero, c19 = zero;
        TVector c20 = zero, c21 = zero, c22 = zero, c23 = zero;
        TVector c24 = zero, c25 = zero, c26 = zero, c27 = zero;
        if (tile->Accumulate)
        {
            float* c = tile->C;
            nint cStride = tile->CStride;
            c0 = TOps.Load(c + (0 * cStride));

            if (TRows.Count > 1)
            {
                c1 = TOps.Load(c + (1 * cStride));
            }

            if (TRows.Count > 2)
            {
                c2 = TOps.Load(c + (2 * cStride));
            }

            if (TRows.Count > 3)
            {
                c3 = TOps.Load(c + (3 * cStride));
            }

            if (TRows.Count > 4)
            {
                c4 = TOps.Load(c + (4 * cStride));
            }

            if (TRows.Count > 5)
            {
                c5 = TOps.Load(c + (5 * cStride));
            }

            if (TRows.Count > 6)
            {
                c6 = TOps.Load(c + (6 * cStride));
            }

            if (TRows.Count > 7)
            {
                c7 = TOps.Load(c + (7 * cStride));
            }

            if (TRows.Count > 8)
            {
                c8 = TOps.Load(c + (8 * cStride));
            }

            if (TRows.Count > 9)
            {
                c9 = TOps.Load(c + (9 * cStride));
            }

            if (TRows.Count > 10)
            {
                c10 = TOps.Load(c + (10 * cStride));
            }

            if (TRows.Count > 11)
            {
                c11 = TOps.Load(c + (11 * cStride));
            }

            if (TRows.Count > 12)
            {
                c12 = TOps.Load(c + (12 * cStride));
            }

            if (TRows.Count > 13)
            {
                c13 = TOps.Load(c + (13 * cStride));
            }

            if (TRows.Count > 14)
            {
                c14 = TOps.Load(c + (14 * cStride));
            }

            if (TRows.Count > 15)
            {
                c15 = TOps.Load(c + (15 * cStride));
            }

            if (TRows.Count > 16)
            {
                c16 = TOps.Load(c + (16 * cStride));
            }

            if (TRows.Count > 17)
            {
                c17 = TOps.Load(c + (17 * cStride));
            }

            if (TRows.Count > 18)
            {
                c18 = TOps.Load(c + (18 * cStride));
            }

            if (TRows.Count > 19)
            {
                c19 = TOps.Load(c + (19 * cStride));
            }

            if (TRows.Count > 20)
            {
                c20 = TOps.Load(c + (20 * cStride));
            }

            if (TRows.Count > 21)
            {
                c21 = TOps.Load(c + (21 * cStride));
            }

            if (TRows.Count > 22)
            {
                c22 = TOps.Load(c + (22 * cStride));
            }

            if (TRows.Count > 23)
            {
                c23 = TOps.Load(c + (23 * cStride));
            }

            if (TRows.Count > 24)
            {
                c24 = TOps.Load(c + (24 * cStride));
            }

            if (TRows.Count > 25)
            {
                c25 = TOps.Load(c + (25 * cStride));
            }

            if (TRows.Count > 26)
            {
                c26 = TOps.Load(c + (26 * cStride));
            }

            if (TRows.Count > 27)
            {
                c27 = TOps.Load(c + (27 * cStride));
            }
        }

        nint stride = tile->ARowStrideBytes;
        nint stride3 = stride * 3;
        nint stride5 = stride * 5;
        nint step = tile->AStepBytes;
        byte* a = (byte*)tile->A;
        byte* a5 = a + stride5;
        byte* a14 = a + (14 * stride);
        byte* a19 = a14 + stride5;
        float* bNext = tile->B;
        nint bStride = tile->BStride;
        nint segments = tile->Segments;
        while (true)
        {
            nint depth = tile->Depth;
            do
            {
                TVector b = TOps.Load(bNext);
                c0 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a)), b, c0);

                if (TRows.Count > 1)
                {
                    c1 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + stride)), b, c1);
                }

                if (TRows.Count > 2)
                {
                    c2 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride * 2))), b, c2);
                }

                if (TRows.Count > 3)
                {
                    c3 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + stride3)), b, c3);
                }

                if (TRows.Count > 4)
                {
                    c4 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride * 4))), b, c4);
                }

                if (TRows.Count > 5)
                {
                    c5 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5)), b, c5);
                }

                if (TRows.Count > 6)
                {
                    c6 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride3 * 2))), b, c6);
                }

                if (TRows.Count > 7)
                {
                    c7 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride * 2))), b, c7);
                }

                if (TRows.Count > 8)
                {
                    c8 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride * 8))), b, c8);
                }

                if (TRows.Count > 9)
                {
                    c9 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride * 4))), b, c9);
                }

                if (TRows.Count > 10)
                {
                    c10 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride5 * 2))), b, c10);
                }

                if (TRows.Count > 11)
                {
                    c11 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride3 * 2))), b, c11);
                }

                if (TRows.Count > 12)
                {
                    c12 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride3 * 4))), b, c12);
                }

                if (TRows.Count > 13)
                {
                    c13 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride * 8))), b, c13);
                }

                if (TRows.Count > 14)
                {
                    c14 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14)), b, c14);
                }

                if (TRows.Count > 15)
                {
                    c15 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + stride)), b, c15);
                }

                if (TRows.Count > 16)
                {
                    c16 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride * 2))), b, c16);
                }

                if (TRows.Count > 17)
                {
                    c17 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + stride3)), b, c17);
                }

                if (TRows.Count > 18)
                {
                    c18 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride * 4))), b, c18);
                }

                if (TRows.Count > 19)
                {
                    c19 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19)), b, c19);
                }

                if (TRows.Count > 20)
                {
                    c20 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride3 * 2))), b, c20);
                }

                if (TRows.Count > 21)
                {
                    c21 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride * 2))), b, c21);
                }

                if (TRows.Count > 22)
                {
                    c22 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride * 8))), b, c22);
                }

                if (TRows.Count > 23)
                {
                    c23 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride * 4))), b, c23);
                }

                if (TRows.Count > 24)
                {
                    c24 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride5 * 2))), b, c24);
                }

                if (TRows.Count > 25)
                {
                    c25 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride3 * 2))), b, c25);
                }

                if (TRows.Count > 26)
                {
                    c26 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride3 * 4))), b, c26);
                }

                if (TRows.Count > 27)
                {
                    c27 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride * 8))), b, c27);
                }

                a += step;
                a5 += step;
                a14 += step;
                a19 += step;
                bNext += bStride;
            }
            while (--depth != 0);

            if (--segments <= 0)
            {
                break;
            }

            nint gap = tile->ASegmentGapBytes;
            a += gap;
            a5 += gap;
            a14 += gap;
            a19 += gap;
        }

        Finish(tile, 0, c0);

        if (TRows.Count > 1)
        {
            Finish(tile, 1, c1);
        }

        if (TRows.Count > 2)
        {
            Finish(tile, 2, c2);
        }

        if (TRows.Count > 3)
        {
            Finish(tile, 3, c3);
        }

        if (TRows.Count > 4)
        {
            Finish(tile, 4, c4);
        }

        if (TRows.Count > 5)
        {
            Finish(tile, 5, c5);
        }

        if (TRows.Count > 6)
        {
            Finish(tile, 6, c6);
        }

        if (TRows.Count > 7)
        {
            Finish(tile, 7, c7);
        }

        if (TRows.Count > 8)
        {
            Finish(tile, 8, c8);
        }

        if (TRows.Count > 9)
        {
            Finish(tile, 9, c9);
        }

        if (TRows.Count > 10)
        {
            Finish(tile, 10, c10);
        }

        if (TRows.Count > 11)
        {
            Finish(tile, 11, c11);
        }

        if (TRows.Count > 12)
        {
            Finish(tile, 12, c12);
        }

        if (TRows.Count > 13)
        {
            Finish(tile, 13, c13);
        }

        if (TRows.Count > 14)
        {
            Finish(tile, 14, c14);
        }

        if (TRows.Count > 15)
        {
            Finish(tile, 15, c15);
        }

        if (TRows.Count > 16)
        {
            Finish(tile, 16, c16);
        }

        if (TRows.Count > 17)
        {
            Finish(tile, 17, c17);
        }

        if (TRows.Count > 18)
        {
            Finish(tile, 18, c18);
        }

        if (TRows.Count > 19)
        {
            Finish(tile, 19, c19);
        }

        if (TRows.Count > 20)
        {
            Finish(tile, 20, c20);
        }

        if (TRows.Count > 21)
        {
            Finish(tile, 21, c21);
        }

        if (TRows.Count > 22)
        {
            Finish(tile, 22, c22);
        }

        if (TRows.Count > 23)
        {
            Finish(tile, 23, c23);
        }

        if (TRows.Count > 24)
        {
            Finish(tile, 24, c24);
        }

        if (TRows.Count > 25)
        {
            Finish(tile, 25, c25);
        }

        if (TRows.Count > 26)
        {
            Finish(tile, 26, c26);
        }

        if (TRows.Count > 27)
        {
            Finish(tile, 27, c27);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(TileArguments* tile, int row, TVector value)
    {
        TVector zero = TOps.Broadcast(0f);
        if (tile->Bias != null)
        {
            value = TOps.Add(value, TOps.Load(tile->Bias));
            value = tile->Relu ? TOps.SelectLessOrEqual(value, zero, zero, value) : value;
        }

        if (tile->ReluOutput != null)
        {
            value = TOps.SelectGreater(TOps.Load(tile->ReluOutput + (row * tile->ReluOutputStride)), zero, value, zero);
        }

        TOps.Store(value, tile->C + (row * tile->CStride));
    }
}
