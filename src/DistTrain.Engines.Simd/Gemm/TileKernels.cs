using DistTrain.Engines.Simd.Lanes;

namespace DistTrain.Engines.Simd.Gemm;

/// <summary>The kernels by their number of rows. Each is compiled when it is first called.</summary>
internal static unsafe class TileKernels<TOps, TVector>
    where TOps : struct, IVectorOperations<TVector>
    where TVector : unmanaged
{
    public static delegate*<TileArguments*, void> Double(int rows) => rows switch
    {
        1 => &DoubleTile<TOps, TVector, Rows1, Off>.Run,
        2 => &DoubleTile<TOps, TVector, Rows2, Off>.Run,
        3 => &DoubleTile<TOps, TVector, Rows3, Off>.Run,
        4 => &DoubleTile<TOps, TVector, Rows4, Off>.Run,
        5 => &DoubleTile<TOps, TVector, Rows5, Off>.Run,
        6 => &DoubleTile<TOps, TVector, Rows6, Off>.Run,
        7 => &DoubleTile<TOps, TVector, Rows7, Off>.Run,
        8 => &DoubleTile<TOps, TVector, Rows8, Off>.Run,
        9 => &DoubleTile<TOps, TVector, Rows9, Off>.Run,
        10 => &DoubleTile<TOps, TVector, Rows10, Off>.Run,
        11 => &DoubleTile<TOps, TVector, Rows11, Off>.Run,
        12 => &DoubleTile<TOps, TVector, Rows12, Off>.Run,
        13 => &DoubleTile<TOps, TVector, Rows13, Off>.Run,
        _ => &DoubleTile<TOps, TVector, Rows14, Off>.Run,
    };

    public static delegate*<TileArguments*, void> DoubleCopying(int rows) => rows switch
    {
        1 => &DoubleTile<TOps, TVector, Rows1, On>.Run,
        2 => &DoubleTile<TOps, TVector, Rows2, On>.Run,
        3 => &DoubleTile<TOps, TVector, Rows3, On>.Run,
        4 => &DoubleTile<TOps, TVector, Rows4, On>.Run,
        5 => &DoubleTile<TOps, TVector, Rows5, On>.Run,
        6 => &DoubleTile<TOps, TVector, Rows6, On>.Run,
        7 => &DoubleTile<TOps, TVector, Rows7, On>.Run,
        8 => &DoubleTile<TOps, TVector, Rows8, On>.Run,
        9 => &DoubleTile<TOps, TVector, Rows9, On>.Run,
        10 => &DoubleTile<TOps, TVector, Rows10, On>.Run,
        11 => &DoubleTile<TOps, TVector, Rows11, On>.Run,
        12 => &DoubleTile<TOps, TVector, Rows12, On>.Run,
        13 => &DoubleTile<TOps, TVector, Rows13, On>.Run,
        _ => &DoubleTile<TOps, TVector, Rows14, On>.Run,
    };

    public static delegate*<TileArguments*, void> Single(int rows) => rows switch
    {
        1 => &SingleTile<TOps, TVector, Rows1>.Run,
        2 => &SingleTile<TOps, TVector, Rows2>.Run,
        3 => &SingleTile<TOps, TVector, Rows3>.Run,
        4 => &SingleTile<TOps, TVector, Rows4>.Run,
        5 => &SingleTile<TOps, TVector, Rows5>.Run,
        6 => &SingleTile<TOps, TVector, Rows6>.Run,
        7 => &SingleTile<TOps, TVector, Rows7>.Run,
        8 => &SingleTile<TOps, TVector, Rows8>.Run,
        9 => &SingleTile<TOps, TVector, Rows9>.Run,
        10 => &SingleTile<TOps, TVector, Rows10>.Run,
        11 => &SingleTile<TOps, TVector, Rows11>.Run,
        12 => &SingleTile<TOps, TVector, Rows12>.Run,
        13 => &SingleTile<TOps, TVector, Rows13>.Run,
        14 => &SingleTile<TOps, TVector, Rows14>.Run,
        15 => &SingleTile<TOps, TVector, Rows15>.Run,
        16 => &SingleTile<TOps, TVector, Rows16>.Run,
        17 => &SingleTile<TOps, TVector, Rows17>.Run,
        18 => &SingleTile<TOps, TVector, Rows18>.Run,
        19 => &SingleTile<TOps, TVector, Rows19>.Run,
        20 => &SingleTile<TOps, TVector, Rows20>.Run,
        21 => &SingleTile<TOps, TVector, Rows21>.Run,
        22 => &SingleTile<TOps, TVector, Rows22>.Run,
        23 => &SingleTile<TOps, TVector, Rows23>.Run,
        24 => &SingleTile<TOps, TVector, Rows24>.Run,
        25 => &SingleTile<TOps, TVector, Rows25>.Run,
        26 => &SingleTile<TOps, TVector, Rows26>.Run,
        27 => &SingleTile<TOps, TVector, Rows27>.Run,
        _ => &SingleTile<TOps, TVector, Rows28>.Run,
    };

    public static delegate*<TreeTileArguments*, void> DoubleTree(int rows) => rows switch
    {
        1 => &DoubleTreeTile<TOps, TVector, Rows1>.Run,
        2 => &DoubleTreeTile<TOps, TVector, Rows2>.Run,
        3 => &DoubleTreeTile<TOps, TVector, Rows3>.Run,
        4 => &DoubleTreeTile<TOps, TVector, Rows4>.Run,
        5 => &DoubleTreeTile<TOps, TVector, Rows5>.Run,
        6 => &DoubleTreeTile<TOps, TVector, Rows6>.Run,
        7 => &DoubleTreeTile<TOps, TVector, Rows7>.Run,
        8 => &DoubleTreeTile<TOps, TVector, Rows8>.Run,
        9 => &DoubleTreeTile<TOps, TVector, Rows9>.Run,
        10 => &DoubleTreeTile<TOps, TVector, Rows10>.Run,
        11 => &DoubleTreeTile<TOps, TVector, Rows11>.Run,
        12 => &DoubleTreeTile<TOps, TVector, Rows12>.Run,
        13 => &DoubleTreeTile<TOps, TVector, Rows13>.Run,
        _ => &DoubleTreeTile<TOps, TVector, Rows14>.Run,
    };

    public static delegate*<TreeTileArguments*, void> SingleTree(int rows) => rows switch
    {
        1 => &SingleTreeTile<TOps, TVector, Rows1>.Run,
        2 => &SingleTreeTile<TOps, TVector, Rows2>.Run,
        3 => &SingleTreeTile<TOps, TVector, Rows3>.Run,
        4 => &SingleTreeTile<TOps, TVector, Rows4>.Run,
        5 => &SingleTreeTile<TOps, TVector, Rows5>.Run,
        6 => &SingleTreeTile<TOps, TVector, Rows6>.Run,
        7 => &SingleTreeTile<TOps, TVector, Rows7>.Run,
        8 => &SingleTreeTile<TOps, TVector, Rows8>.Run,
        9 => &SingleTreeTile<TOps, TVector, Rows9>.Run,
        10 => &SingleTreeTile<TOps, TVector, Rows10>.Run,
        11 => &SingleTreeTile<TOps, TVector, Rows11>.Run,
        12 => &SingleTreeTile<TOps, TVector, Rows12>.Run,
        13 => &SingleTreeTile<TOps, TVector, Rows13>.Run,
        14 => &SingleTreeTile<TOps, TVector, Rows14>.Run,
        15 => &SingleTreeTile<TOps, TVector, Rows15>.Run,
        16 => &SingleTreeTile<TOps, TVector, Rows16>.Run,
        17 => &SingleTreeTile<TOps, TVector, Rows17>.Run,
        18 => &SingleTreeTile<TOps, TVector, Rows18>.Run,
        19 => &SingleTreeTile<TOps, TVector, Rows19>.Run,
        20 => &SingleTreeTile<TOps, TVector, Rows20>.Run,
        21 => &SingleTreeTile<TOps, TVector, Rows21>.Run,
        22 => &SingleTreeTile<TOps, TVector, Rows22>.Run,
        23 => &SingleTreeTile<TOps, TVector, Rows23>.Run,
        24 => &SingleTreeTile<TOps, TVector, Rows24>.Run,
        25 => &SingleTreeTile<TOps, TVector, Rows25>.Run,
        26 => &SingleTreeTile<TOps, TVector, Rows26>.Run,
        27 => &SingleTreeTile<TOps, TVector, Rows27>.Run,
        _ => &SingleTreeTile<TOps, TVector, Rows28>.Run,
    };
}
