using DistTrain.Benchmarks;

return args switch
{
    ["gemm", .. var shapes] => QuickGemm.Run(shapes),
    ["step", .. var options] => QuickStep.Run(options),
    ["workers", .. var options] => QuickWorkers.Run(options),
    ["bare", .. var options] => QuickBare.Run(options),
    _ => 2,
};
