using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// The buffers of one program, planned once: for each node of the graph where its output and the gradient by its output lie. Operations that
/// work in place share their input's buffers.
/// </summary>
internal sealed unsafe class ProgramMemory
{
    private readonly TensorBuffer?[] outputs;
    private readonly TensorBuffer?[] gradients;
    private readonly int[] outputOwner;
    private readonly int[] gradientOwner;
    private readonly int maximumSampleCount;

    public ProgramMemory(ModelGraph graph, int maximumSampleCount)
    {
        this.maximumSampleCount = maximumSampleCount;
        int count = graph.Nodes.Length;
        outputs = new TensorBuffer?[count];
        gradients = new TensorBuffer?[count];
        outputOwner = [.. Enumerable.Range(0, count)];
        gradientOwner = [.. Enumerable.Range(0, count)];
        Workspace = new GemmWorkspace(maximumSampleCount);
    }

    public GemmWorkspace Workspace { get; }

    /// <summary>The caller's samples of the call in progress: node 0's output.</summary>
    public float* Inputs { get; set; }

    public void ShareOutput(GraphNode node, int with) => outputOwner[node.Index] = outputOwner[with];

    public void ShareGradient(GraphNode node, int with) => gradientOwner[node.Index] = gradientOwner[with];

    public void AllocateOutput(GraphNode node) => outputs[node.Index] = new TensorBuffer(checked(maximumSampleCount * node.OutputShape.ElementCount));

    public void AllocateGradient(GraphNode node) => gradients[node.Index] = new TensorBuffer(checked(maximumSampleCount * node.OutputShape.ElementCount));

    /// <summary>[samples × elements] of a node.</summary>
    public float* Output(int node) => outputOwner[node] == 0 ? Inputs : Pointers.Of(outputs[outputOwner[node]]!);

    /// <summary>[samples × elements] gradient by a node's output; only where <see cref="HasGradient"/>.</summary>
    public float* Gradient(int node) => Pointers.Of(gradients[gradientOwner[node]]!);

    /// <summary>Nothing learns in front of the samples, so there is no gradient by them.</summary>
    public bool HasGradient(int node) => gradientOwner[node] != 0;

    public bool IsInput(int node) => outputOwner[node] == 0;
}
