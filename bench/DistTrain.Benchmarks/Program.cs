using DistTrain.Benchmarks;

return args switch
{
    ["gemm", .. var shapes] => QuickGemm.Run(shapes),
    _ => 2,
};
