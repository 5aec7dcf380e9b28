using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// c [rows, 2 vectors] = a [rows, samples] · b [samples, 2 vectors], summed leaf by leaf (a leaf is a micro-batch) and folded in the fixed
/// binary tree while the tile is in registers: a binary counter whose digits are the left siblings waiting in the scratch.
/// </summary>
internal static unsafe class DoubleTreeTile<TOps, TVector, TRows>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TRows : struct, IRowCount
{
    /// <summary>How far ahead the left matrix is asked for: some two hundred cycles.</summary>
    private const int PrefetchSamples = 16;

    private static int TileWidth => 2 * TOps.Width;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(TreeTileArguments* tile)
    {
        TVector zero = TOps.Broadcast(0f);
        nint stride = tile->ARowStrideBytes;
        nint stride3 = stride * 3;
        nint stride5 = stride * 5;
        nint step = tile->AStepBytes;
        byte* a = (byte*)tile->A;
        float* b = tile->B;
        nint bStride = tile->BStride;
        int leafCount = tile->LeafCount;
        for (int leaf = 0; leaf < leafCount; leaf++)
        {
            TVector l0 = zero, r0 = zero, l1 = zero, r1 = zero;
            TVector l2 = zero, r2 = zero, l3 = zero, r3 = zero;
            TVector l4 = zero, r4 = zero, l5 = zero, r5 = zero;
            TVector l6 = zero, r6 = zero, l7 = zero, r7 = zero;
            TVector l8 = zero, r8 = zero, l9 = zero, r9 = zero;
            TVector l10 = zero, r10 = zero, l11 = zero, r11 = zero;
            TVector l12 = zero, r12 = zero, l13 = zero, r13 = zero;
            byte* a5 = a + stride5;
            int samples = tile->LeafSamples[leaf];
            do
            {
                if (Sse.IsSupported)
                {
                    // The rows of a sample may begin in one cache line and end in the next. No processor foresees strides that leave the page.
                    Sse.Prefetch0(a + (PrefetchSamples * step));
                    Sse.Prefetch0(a + (PrefetchSamples * step) + ((TRows.Count - 1) * sizeof(float)));
                }

                TVector left = TOps.Load(b);
                TVector right = TOps.Load(b + TOps.Width);
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
            while (--samples != 0);

            float* sibling = tile->Scratch;
            int level = 0;
            for (; ((leaf >> level) & 1) != 0; level++)
            {
                l0 = TOps.Add(TOps.Load(sibling + (0 * TileWidth)), l0);
                r0 = TOps.Add(TOps.Load(sibling + (0 * TileWidth) + TOps.Width), r0);

                if (TRows.Count > 1)
                {
                    l1 = TOps.Add(TOps.Load(sibling + (1 * TileWidth)), l1);
                    r1 = TOps.Add(TOps.Load(sibling + (1 * TileWidth) + TOps.Width), r1);
                }

                if (TRows.Count > 2)
                {
                    l2 = TOps.Add(TOps.Load(sibling + (2 * TileWidth)), l2);
                    r2 = TOps.Add(TOps.Load(sibling + (2 * TileWidth) + TOps.Width), r2);
                }

                if (TRows.Count > 3)
                {
                    l3 = TOps.Add(TOps.Load(sibling + (3 * TileWidth)), l3);
                    r3 = TOps.Add(TOps.Load(sibling + (3 * TileWidth) + TOps.Width), r3);
                }

                if (TRows.Count > 4)
                {
                    l4 = TOps.Add(TOps.Load(sibling + (4 * TileWidth)), l4);
                    r4 = TOps.Add(TOps.Load(sibling + (4 * TileWidth) + TOps.Width), r4);
                }

                if (TRows.Count > 5)
                {
                    l5 = TOps.Add(TOps.Load(sibling + (5 * TileWidth)), l5);
                    r5 = TOps.Add(TOps.Load(sibling + (5 * TileWidth) + TOps.Width), r5);
                }

                if (TRows.Count > 6)
                {
                    l6 = TOps.Add(TOps.Load(sibling + (6 * TileWidth)), l6);
                    r6 = TOps.Add(TOps.Load(sibling + (6 * TileWidth) + TOps.Width), r6);
                }

                if (TRows.Count > 7)
                {
                    l7 = TOps.Add(TOps.Load(sibling + (7 * TileWidth)), l7);
                    r7 = TOps.Add(TOps.Load(sibling + (7 * TileWidth) + TOps.Width), r7);
                }

                if (TRows.Count > 8)
                {
                    l8 = TOps.Add(TOps.Load(sibling + (8 * TileWidth)), l8);
                    r8 = TOps.Add(TOps.Load(sibling + (8 * TileWidth) + TOps.Width), r8);
                }

                if (TRows.Count > 9)
                {
                    l9 = TOps.Add(TOps.Load(sibling + (9 * TileWidth)), l9);
                    r9 = TOps.Add(TOps.Load(sibling + (9 * TileWidth) + TOps.Width), r9);
                }

                if (TRows.Count > 10)
                {
                    l10 = TOps.Add(TOps.Load(sibling + (10 * TileWidth)), l10);
                    r10 = TOps.Add(TOps.Load(sibling + (10 * TileWidth) + TOps.Width), r10);
                }

                if (TRows.Count > 11)
                {
                    l11 = TOps.Add(TOps.Load(sibling + (11 * TileWidth)), l11);
                    r11 = TOps.Add(TOps.Load(sibling + (11 * TileWidth) + TOps.Width), r11);
                }

                if (TRows.Count > 12)
                {
                    l12 = TOps.Add(TOps.Load(sibling + (12 * TileWidth)), l12);
                    r12 = TOps.Add(TOps.Load(sibling + (12 * TileWidth) + TOps.Width), r12);
                }

                if (TRows.Count > 13)
                {
                    l13 = TOps.Add(TOps.Load(sibling + (13 * TileWidth)), l13);
                    r13 = TOps.Add(TOps.Load(sibling + (13 * TileWidth) + TOps.Width), r13);
                }

                sibling += TRows.Count * TileWidth;
            }

            bool isRoot = leaf == leafCount - 1;
            float* destination = isRoot ? tile->Root : sibling;
            nint destinationStride = isRoot ? tile->RootStride : TileWidth;
            TOps.Store(l0, destination + (0 * destinationStride));
            TOps.Store(r0, destination + (0 * destinationStride) + TOps.Width);

            if (TRows.Count > 1)
            {
                TOps.Store(l1, destination + (1 * destinationStride));
                TOps.Store(r1, destination + (1 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 2)
            {
                TOps.Store(l2, destination + (2 * destinationStride));
                TOps.Store(r2, destination + (2 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 3)
            {
                TOps.Store(l3, destination + (3 * destinationStride));
                TOps.Store(r3, destination + (3 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 4)
            {
                TOps.Store(l4, destination + (4 * destinationStride));
                TOps.Store(r4, destination + (4 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 5)
            {
                TOps.Store(l5, destination + (5 * destinationStride));
                TOps.Store(r5, destination + (5 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 6)
            {
                TOps.Store(l6, destination + (6 * destinationStride));
                TOps.Store(r6, destination + (6 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 7)
            {
                TOps.Store(l7, destination + (7 * destinationStride));
                TOps.Store(r7, destination + (7 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 8)
            {
                TOps.Store(l8, destination + (8 * destinationStride));
                TOps.Store(r8, destination + (8 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 9)
            {
                TOps.Store(l9, destination + (9 * destinationStride));
                TOps.Store(r9, destination + (9 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 10)
            {
                TOps.Store(l10, destination + (10 * destinationStride));
                TOps.Store(r10, destination + (10 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 11)
            {
                TOps.Store(l11, destination + (11 * destinationStride));
                TOps.Store(r11, destination + (11 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 12)
            {
                TOps.Store(l12, destination + (12 * destinationStride));
                TOps.Store(r12, destination + (12 * destinationStride) + TOps.Width);
            }

            if (TRows.Count > 13)
            {
                TOps.Store(l13, destination + (13 * destinationStride));
                TOps.Store(r13, destination + (13 * destinationStride) + TOps.Width);
            }
        }
    }
}
