using DistTrain.Benchmarks;

return args switch
{
    ["gemm", .. var shapes] => QuickGemm.Run(shapes),
    ["step", .. var options] => QuickStep.Run(options),
    _ => 2,
};
