using DistTrain.Engines.Simd.Images;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>A convolution, with the ReLU and the max-pooling behind it fused in where nothing else reads what lies between them.</summary>
internal sealed unsafe class ConvolutionPlan : PlannedOperation
{
    private readonly KernelSet kernels;
    private readonly ProgramMemory memory;
    private readonly ModelGraph graph;
    private readonly GraphNode node;
    private readonly ConvolutionShape shape;
    private PoolPlan? pool;

    public ConvolutionPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        this.kernels = kernels;
        this.memory = memory;
        this.graph = graph;
        this.node = node;
        shape = new ConvolutionShape((Conv2dOperation)node.Operation, graph.Nodes[node.Inputs[0]].OutputShape, memory.MaximumSampleCount);
        memory.ReserveScratch(shape.ScratchLength);
    }

    /// <summary>Whether the ReLU behind this layer is applied here, in the product's epilogue; with a fused pooling, its gradient too.</summary>
    public bool AppliesRelu { get; set; }

    /// <summary>Makes the pooling behind this layer (or behind its ReLU) part of it: the layer's own outputs are then never written.</summary>
    public void Fuse(PoolPlan behind)
    {
        pool = behind;
        behind.IsFused = true;
    }

    public override void Forward(in Pass pass) => kernels.Convolve(Call(pass), memory.Workspace);

    public override void Backward(in Pass pass) => kernels.ConvolveBackward(Call(pass));

    private ConvolutionCall Call(in Pass pass)
    {
        int input = node.Inputs[0];
        bool hasBias = node.Parameters.Length > 1;
        var call = new ConvolutionCall
        {
            Shape = shape, SampleCount = pass.SampleCount, Scratch = memory.Scratch, X = memory.Output(input), Weights = pass.Weights + graph.Layout.Tensors[node.Parameters[0]].Offset,
            Relu = AppliesRelu, HasPool = pool is not null, LeafSamples = pass.LeafSamples, Nodes = pass.Nodes, NodeCount = pass.NodeCount,
            WeightOffset = graph.Layout.Tensors[node.Parameters[0]].Offset,
        };
        if (hasBias)
        {
            call.BiasOffset = graph.Layout.Tensors[node.Parameters[1]].Offset;
            call.Bias = pass.Weights + call.BiasOffset;
        }

        if (pool is not null)
        {
            call.Pool = new FusedPool { Shape = pool.Shape, Outputs = memory.Output(pool.Node.Index), Winners = pool.Winners };
        }
        else
        {
            call.Y = memory.Output(node.Index);
        }

        if (pass.NodeCount > 0)
        {
            call.Dy = memory.Gradient(pool is null ? node.Index : pool.Node.Index);
            call.Dx = memory.HasGradient(input) ? memory.InputGradient(node) : null;
        }

        return call;
    }
}
