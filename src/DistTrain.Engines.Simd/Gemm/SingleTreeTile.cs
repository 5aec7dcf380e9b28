using System.Runtime.CompilerServices;
using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>
/// c [rows, 1 vector] = a [rows, samples] · b [samples, 1 vector], summed leaf by leaf (a leaf is a micro-batch) and folded in the fixed
/// binary tree while the tile is in registers: a binary counter whose digits are the left siblings waiting in the scratch.
/// </summary>
internal static unsafe class SingleTreeTile<TOps, TVector, TRows>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
    where TRows : struct, IRowCount
{
    private static int TileWidth => TOps.Width;

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
            TVector c0 = zero, c1 = zero, c2 = zero, c3 = zero;
            TVector c4 = zero, c5 = zero, c6 = zero, c7 = zero;
            TVector c8 = zero, c9 = zero, c10 = zero, c11 = zero;
            TVector c12 = zero, c13 = zero, c14 = zero, c15 = zero;
            TVector c16 = zero, c17 = zero, c18 = zero, c19 = zero;
            TVector c20 = zero, c21 = zero, c22 = zero, c23 = zero;
            TVector c24 = zero, c25 = zero, c26 = zero, c27 = zero;
            byte* a5 = a + stride5;
            byte* a14 = a + (14 * stride);
            byte* a19 = a14 + stride5;
            int samples = tile->LeafSamples[leaf];
            do
            {
                TVector row = TOps.Load(b);
                c0 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a)), row, c0);

                if (TRows.Count > 1)
                {
                    c1 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + stride)), row, c1);
                }

                if (TRows.Count > 2)
                {
                    c2 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride * 2))), row, c2);
                }

                if (TRows.Count > 3)
                {
                    c3 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + stride3)), row, c3);
                }

                if (TRows.Count > 4)
                {
                    c4 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride * 4))), row, c4);
                }

                if (TRows.Count > 5)
                {
                    c5 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5)), row, c5);
                }

                if (TRows.Count > 6)
                {
                    c6 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride3 * 2))), row, c6);
                }

                if (TRows.Count > 7)
                {
                    c7 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride * 2))), row, c7);
                }

                if (TRows.Count > 8)
                {
                    c8 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride * 8))), row, c8);
                }

                if (TRows.Count > 9)
                {
                    c9 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride * 4))), row, c9);
                }

                if (TRows.Count > 10)
                {
                    c10 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride5 * 2))), row, c10);
                }

                if (TRows.Count > 11)
                {
                    c11 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride3 * 2))), row, c11);
                }

                if (TRows.Count > 12)
                {
                    c12 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a + (stride3 * 4))), row, c12);
                }

                if (TRows.Count > 13)
                {
                    c13 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a5 + (stride * 8))), row, c13);
                }

                if (TRows.Count > 14)
                {
                    c14 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14)), row, c14);
                }

                if (TRows.Count > 15)
                {
                    c15 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + stride)), row, c15);
                }

                if (TRows.Count > 16)
                {
                    c16 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride * 2))), row, c16);
                }

                if (TRows.Count > 17)
                {
                    c17 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + stride3)), row, c17);
                }

                if (TRows.Count > 18)
                {
                    c18 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride * 4))), row, c18);
                }

                if (TRows.Count > 19)
                {
                    c19 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19)), row, c19);
                }

                if (TRows.Count > 20)
                {
                    c20 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride3 * 2))), row, c20);
                }

                if (TRows.Count > 21)
                {
                    c21 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride * 2))), row, c21);
                }

                if (TRows.Count > 22)
                {
                    c22 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride * 8))), row, c22);
                }

                if (TRows.Count > 23)
                {
                    c23 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride * 4))), row, c23);
                }

                if (TRows.Count > 24)
                {
                    c24 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride5 * 2))), row, c24);
                }

                if (TRows.Count > 25)
                {
                    c25 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride3 * 2))), row, c25);
                }

                if (TRows.Count > 26)
                {
                    c26 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a14 + (stride3 * 4))), row, c26);
                }

                if (TRows.Count > 27)
                {
                    c27 = TOps.FusedMultiplyAdd(TOps.Broadcast(*(float*)(a19 + (stride * 8))), row, c27);
                }

                a += step;
                a5 += step;
                a14 += step;
                a19 += step;
                b += bStride;
            }
            while (--samples != 0);

            float* sibling = tile->Scratch;
            int level = 0;
            for (; ((leaf >> level) & 1) != 0; level++)
            {
                c0 = TOps.Add(TOps.Load(sibling + (0 * TileWidth)), c0);

                if (TRows.Count > 1)
                {
                    c1 = TOps.Add(TOps.Load(sibling + (1 * TileWidth)), c1);
                }

                if (TRows.Count > 2)
                {
                    c2 = TOps.Add(TOps.Load(sibling + (2 * TileWidth)), c2);
                }

                if (TRows.Count > 3)
                {
                    c3 = TOps.Add(TOps.Load(sibling + (3 * TileWidth)), c3);
                }

                if (TRows.Count > 4)
                {
                    c4 = TOps.Add(TOps.Load(sibling + (4 * TileWidth)), c4);
                }

                if (TRows.Count > 5)
                {
                    c5 = TOps.Add(TOps.Load(sibling + (5 * TileWidth)), c5);
                }

                if (TRows.Count > 6)
                {
                    c6 = TOps.Add(TOps.Load(sibling + (6 * TileWidth)), c6);
                }

                if (TRows.Count > 7)
                {
                    c7 = TOps.Add(TOps.Load(sibling + (7 * TileWidth)), c7);
                }

                if (TRows.Count > 8)
                {
                    c8 = TOps.Add(TOps.Load(sibling + (8 * TileWidth)), c8);
                }

                if (TRows.Count > 9)
                {
                    c9 = TOps.Add(TOps.Load(sibling + (9 * TileWidth)), c9);
                }

                if (TRows.Count > 10)
                {
                    c10 = TOps.Add(TOps.Load(sibling + (10 * TileWidth)), c10);
                }

                if (TRows.Count > 11)
                {
                    c11 = TOps.Add(TOps.Load(sibling + (11 * TileWidth)), c11);
                }

                if (TRows.Count > 12)
                {
                    c12 = TOps.Add(TOps.Load(sibling + (12 * TileWidth)), c12);
                }

                if (TRows.Count > 13)
                {
                    c13 = TOps.Add(TOps.Load(sibling + (13 * TileWidth)), c13);
                }

                if (TRows.Count > 14)
                {
                    c14 = TOps.Add(TOps.Load(sibling + (14 * TileWidth)), c14);
                }

                if (TRows.Count > 15)
                {
                    c15 = TOps.Add(TOps.Load(sibling + (15 * TileWidth)), c15);
                }

                if (TRows.Count > 16)
                {
                    c16 = TOps.Add(TOps.Load(sibling + (16 * TileWidth)), c16);
                }

                if (TRows.Count > 17)
                {
                    c17 = TOps.Add(TOps.Load(sibling + (17 * TileWidth)), c17);
                }

                if (TRows.Count > 18)
                {
                    c18 = TOps.Add(TOps.Load(sibling + (18 * TileWidth)), c18);
                }

                if (TRows.Count > 19)
                {
                    c19 = TOps.Add(TOps.Load(sibling + (19 * TileWidth)), c19);
                }

                if (TRows.Count > 20)
                {
                    c20 = TOps.Add(TOps.Load(sibling + (20 * TileWidth)), c20);
                }

                if (TRows.Count > 21)
                {
                    c21 = TOps.Add(TOps.Load(sibling + (21 * TileWidth)), c21);
                }

                if (TRows.Count > 22)
                {
                    c22 = TOps.Add(TOps.Load(sibling + (22 * TileWidth)), c22);
                }

                if (TRows.Count > 23)
                {
                    c23 = TOps.Add(TOps.Load(sibling + (23 * TileWidth)), c23);
                }

                if (TRows.Count > 24)
                {
                    c24 = TOps.Add(TOps.Load(sibling + (24 * TileWidth)), c24);
                }

                if (TRows.Count > 25)
                {
                    c25 = TOps.Add(TOps.Load(sibling + (25 * TileWidth)), c25);
                }

                if (TRows.Count > 26)
                {
                    c26 = TOps.Add(TOps.Load(sibling + (26 * TileWidth)), c26);
                }

                if (TRows.Count > 27)
                {
                    c27 = TOps.Add(TOps.Load(sibling + (27 * TileWidth)), c27);
                }

                sibling += TRows.Count * TileWidth;
            }

            bool isRoot = leaf == leafCount - 1;
            float* destination = isRoot ? tile->Root : sibling;
            nint destinationStride = isRoot ? tile->RootStride : TileWidth;
            TOps.Store(c0, destination + (0 * destinationStride));

            if (TRows.Count > 1)
            {
                TOps.Store(c1, destination + (1 * destinationStride));
            }

            if (TRows.Count > 2)
            {
                TOps.Store(c2, destination + (2 * destinationStride));
            }

            if (TRows.Count > 3)
            {
                TOps.Store(c3, destination + (3 * destinationStride));
            }

            if (TRows.Count > 4)
            {
                TOps.Store(c4, destination + (4 * destinationStride));
            }

            if (TRows.Count > 5)
            {
                TOps.Store(c5, destination + (5 * destinationStride));
            }

            if (TRows.Count > 6)
            {
                TOps.Store(c6, destination + (6 * destinationStride));
            }

            if (TRows.Count > 7)
            {
                TOps.Store(c7, destination + (7 * destinationStride));
            }

            if (TRows.Count > 8)
            {
                TOps.Store(c8, destination + (8 * destinationStride));
            }

            if (TRows.Count > 9)
            {
                TOps.Store(c9, destination + (9 * destinationStride));
            }

            if (TRows.Count > 10)
            {
                TOps.Store(c10, destination + (10 * destinationStride));
            }

            if (TRows.Count > 11)
            {
                TOps.Store(c11, destination + (11 * destinationStride));
            }

            if (TRows.Count > 12)
            {
                TOps.Store(c12, destination + (12 * destinationStride));
            }

            if (TRows.Count > 13)
            {
                TOps.Store(c13, destination + (13 * destinationStride));
            }

            if (TRows.Count > 14)
            {
                TOps.Store(c14, destination + (14 * destinationStride));
            }

            if (TRows.Count > 15)
            {
                TOps.Store(c15, destination + (15 * destinationStride));
            }

            if (TRows.Count > 16)
            {
                TOps.Store(c16, destination + (16 * destinationStride));
            }

            if (TRows.Count > 17)
            {
                TOps.Store(c17, destination + (17 * destinationStride));
            }

            if (TRows.Count > 18)
            {
                TOps.Store(c18, destination + (18 * destinationStride));
            }

            if (TRows.Count > 19)
            {
                TOps.Store(c19, destination + (19 * destinationStride));
            }

            if (TRows.Count > 20)
            {
                TOps.Store(c20, destination + (20 * destinationStride));
            }

            if (TRows.Count > 21)
            {
                TOps.Store(c21, destination + (21 * destinationStride));
            }

            if (TRows.Count > 22)
            {
                TOps.Store(c22, destination + (22 * destinationStride));
            }

            if (TRows.Count > 23)
            {
                TOps.Store(c23, destination + (23 * destinationStride));
            }

            if (TRows.Count > 24)
            {
                TOps.Store(c24, destination + (24 * destinationStride));
            }

            if (TRows.Count > 25)
            {
                TOps.Store(c25, destination + (25 * destinationStride));
            }

            if (TRows.Count > 26)
            {
                TOps.Store(c26, destination + (26 * destinationStride));
            }

            if (TRows.Count > 27)
            {
                TOps.Store(c27, destination + (27 * destinationStride));
            }
        }
    }
}
