using DistTrain.Engines.Simd.Images;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>Max or average pooling, sample by sample.</summary>
internal sealed unsafe class PoolPlan : PlannedOperation
{
    private readonly KernelSet kernels;
    private readonly ProgramMemory memory;
    private readonly bool isMax;
    private readonly PlannedBuffer? winners;

    public PoolPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        this.kernels = kernels;
        this.memory = memory;
        Node = node;
        isMax = node.Operation is MaxPool2dOperation or GlobalMaxPoolOperation;
        Geometry = ((PoolOperation)node.Operation).Geometry(graph.Nodes[node.Inputs[0]].OutputShape);
        Shape = new PoolShape(Geometry);
        winners = isMax ? memory.ReserveBuffer((long)memory.MaximumSampleCount * node.OutputShape.ElementCount) : null;
    }

    public GraphNode Node { get; }

    public ImageGeometry Geometry { get; }

    public PoolShape Shape { get; }

    /// <summary>[samples × outputs] the tap that won each window of a max-pooling.</summary>
    public float* Winners => winners!.Pointer;

    /// <summary>Whether the convolution in front does all the work. Windows must not overlap and lie within the image for that.</summary>
    public bool IsFused { get; set; }

    public bool MayBeFused => isMax && Geometry.Kernel == Geometry.Stride && Geometry is { Top: 0, Bottom: 0, Left: 0, Right: 0 };

    public override void Forward(in Pass pass)
    {
        if (IsFused)
        {
            return;
        }

        for (int sample = 0; sample < pass.SampleCount; sample++)
        {
            float* x = memory.Output(Node.Inputs[0]) + (sample * Shape.InputLength);
            float* y = memory.Output(Node.Index) + (sample * Shape.OutputLength);
            if (isMax)
            {
                kernels.MaxPool(Shape, x, y, Winners + (sample * Shape.OutputLength));
            }
            else
            {
                kernels.AveragePool(Shape, x, y);
            }
        }
    }

    public override void Backward(in Pass pass)
    {
        if (IsFused || !memory.HasGradient(Node.Inputs[0]))
        {
            return;
        }

        for (int sample = 0; sample < pass.SampleCount; sample++)
        {
            float* dx = memory.InputGradient(Node) + (sample * Shape.InputLength);
            float* dy = memory.Gradient(Node.Index) + (sample * Shape.OutputLength);
            new Span<float>(dx, (int)Shape.InputLength).Clear();
            if (isMax)
            {
                kernels.MaxPoolGradient(Shape, dy, Winners + (sample * Shape.OutputLength), dx);
            }
            else
            {
                kernels.AveragePoolGradient(Shape, dy, dx);
            }
        }
    }
}
