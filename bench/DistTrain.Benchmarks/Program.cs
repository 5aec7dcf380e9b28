using BenchmarkDotNet.Running;
using DistTrain.Benchmarks;

return args switch
{
    ["gemm", .. var shapes] => QuickGemm.Run(shapes),
    ["step", .. var options] => QuickStep.Run(options),
    ["bench", .. var options] => RunBenchmarks(options),
    ["workers", .. var options] => QuickWorkers.Run(options),
    ["noise", .. var options] => QuickNoise.Run(options),
    ["bare", .. var options] => QuickBare.Run(options),
    ["tls"] => QuickTls.Run(),
    ["checkpoint", .. var models] => QuickCheckpoint.Run(models),
    ["exchange", .. var options] => QuickExchange.Run(options),
    _ => Usage(),
};

static int RunBenchmarks(string[] options)
{
    BenchmarkSwitcher.FromAssembly(typeof(GemmBenchmarks).Assembly).Run(options);
    return 0;
}

static int Usage()
{
    Console.Error.WriteLine("""
        gemm [path=avx512|avx2|portable] M,N,K[,LEAF] ...   matrix products on one thread; with LEAF the weight gradient of K samples in leaves of LEAF
        step [--batch B] [--seconds S] [--path P] [--model mlp:512,512 | cnn]   whole training steps on one thread
        workers ..., bare ...                               two workers in one process, through the actors and without them
        noise [--model M] [--batch B] [--workers W] [--rounds R]   what a step costs whose gradient noise is measured, and its share of a step at the default interval
        tls                                                 what encryption costs on a connection over loopback
        exchange [MB,...] [pieces=N] [rounds=N] [chunk=KB] [local=1]   gradients between two processes by links, without actors, over TCP or the machine's own sockets
        checkpoint [MODEL ...]                              the copy of a state, and a checkpoint written and read, with momentum on this machine's temporary folder
        bench [BenchmarkDotNet options]                     statistics of the kernels
        """);
    return 2;
}
