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
    private readonly ModelGraph graph;
    private readonly TensorBuffer?[] outputs;
    private readonly TensorBuffer?[] gradients;
    private readonly int[] outputOwner;
    private readonly int[] gradientOwner;
    private readonly int maximumSampleCount;
    private readonly bool keepsActivations;

    /// <summary>[positions] what a consumer that is not its input's first contributor writes, before it is added.</summary>
    private readonly List<TensorBuffer> contributions = [];

    public ProgramMemory(ModelGraph graph, int maximumSampleCount, bool keepsActivations)
    {
        this.graph = graph;
        this.maximumSampleCount = maximumSampleCount;
        this.keepsActivations = keepsActivations;
        int count = graph.Nodes.Length;
        outputs = new TensorBuffer?[count];
        gradients = new TensorBuffer?[count];
        outputOwner = [.. Enumerable.Range(0, count)];
        gradientOwner = [.. Enumerable.Range(0, count)];
        Workspace = new GemmWorkspace(checked(maximumSampleCount * graph.Nodes.Max(RowsOfSample)));
        ReserveContributions();
    }

    public GemmWorkspace Workspace { get; }

    public int MaximumSampleCount => maximumSampleCount;

    /// <summary>The caller's samples of the call in progress: node 0's output.</summary>
    public float* Inputs { get; set; }

    /// <summary>Whether two neighbours may be computed as one, so that what lies between them is never written.</summary>
    public bool MayFuse(GraphNode producer, GraphNode consumer) => !keepsActivations && graph.Consumers[producer.Index] is [var only] && only == consumer.Index && consumer.Inputs is [_];

    /// <summary>Gives a node a buffer of its own for its output.</summary>
    public void AllocateOutput(GraphNode node) => outputs[node.Index] = new TensorBuffer(checked(maximumSampleCount * node.OutputShape.ElementCount));

    /// <summary>The node's output is its input's, element for element.</summary>
    public void AliasOutput(GraphNode node) => outputOwner[node.Index] = outputOwner[node.Inputs[0]];

    /// <summary>The node may overwrite its input with its output where nobody needs that again; else it gets a buffer.</summary>
    public void PlanOutputInPlace(GraphNode node)
    {
        if (!keepsActivations && MayOverwrite(node.Inputs[0]))
        {
            AliasOutput(node);
        }
        else
        {
            AllocateOutput(node);
        }
    }

    /// <summary>Gives a node a buffer for the gradient by its output, where that is of use.</summary>
    public void AllocateGradient(GraphNode node)
    {
        if (HasGradient(node.Index))
        {
            gradients[node.Index] = new TensorBuffer(checked(maximumSampleCount * node.OutputShape.ElementCount));
        }
    }

    /// <summary>The gradient by the node's output may be overwritten with the one by its (only) input, unless others contribute to that.</summary>
    public void PlanGradientInPlace(GraphNode node)
    {
        int input = node.Inputs[0];
        if (HasGradient(input) && graph.Consumers[input].Length == 1)
        {
            gradientOwner[node.Index] = gradientOwner[input];
        }
        else
        {
            AllocateGradient(node);
        }
    }

    /// <summary>[samples × elements] of a node.</summary>
    public float* Output(int node) => outputOwner[node] == 0 ? Inputs : Pointers.Of(outputs[outputOwner[node]]!);

    /// <summary>[samples × elements] gradient by a node's output; only where <see cref="HasGradient"/>.</summary>
    public float* Gradient(int node) => Pointers.Of(gradients[gradientOwner[node]]!);

    /// <summary>
    /// [samples × elements] where a node's backward pass writes (never adds) its gradient by one of its inputs; only where that <see cref="HasGradient"/>. It may be the buffer of the gradient by the
    /// node's own output.
    /// </summary>
    public float* InputGradient(GraphNode node, int position = 0) => IsFirstContribution(node, position) ? Gradient(node.Inputs[position]) : Pointers.Of(contributions[position]);

    /// <summary>Adds what a node's backward pass wrote for inputs that others have contributed to before.</summary>
    public void AddContributions(KernelSet kernels, GraphNode node, int sampleCount)
    {
        for (int position = 0; position < node.Inputs.Length; position++)
        {
            int input = node.Inputs[position];
            if (HasGradient(input) && !IsFirstContribution(node, position))
            {
                kernels.Add(Gradient(input), Pointers.Of(contributions[position]), Gradient(input), (nint)sampleCount * graph.Nodes[input].OutputShape.ElementCount);
            }
        }
    }

    /// <summary>Whether anything in front of the node's output, or the node itself, learns.</summary>
    public bool HasGradient(int node) => graph.NeedsGradient[node];

    public bool SharesGradientWithInput(GraphNode node) => gradientOwner[node.Index] != node.Index;

    public bool IsInput(int node) => outputOwner[node] == 0;

    /// <summary>Rows that a node's weight gradient sums over for each sample.</summary>
    private int RowsOfSample(GraphNode node) => node.Operation switch
    {
        DenseOperation dense => node.OutputShape.ElementCount / dense.Units,
        LstmOperation => LstmOperation.StepsOf(graph.Nodes[node.Inputs[0]].OutputShape),
        _ => 1,
    };

    /// <summary>Consumers contribute from the last to the first, each its inputs in order.</summary>
    private bool IsFirstContribution(GraphNode node, int position)
    {
        int input = node.Inputs[position];
        return graph.Consumers[input][^1] == node.Index && node.Inputs.IndexOf(input) == position;
    }

    private void ReserveContributions()
    {
        foreach (GraphNode node in graph.Nodes)
        {
            for (int position = 0; position < node.Inputs.Length; position++)
            {
                int input = node.Inputs[position];
                int length = !HasGradient(input) || IsFirstContribution(node, position) ? 0 : checked(maximumSampleCount * graph.Nodes[input].OutputShape.ElementCount);
                if (position == contributions.Count)
                {
                    contributions.Add(new TensorBuffer(0));
                }

                if (contributions[position].Length < length)
                {
                    contributions[position] = new TensorBuffer(length);
                }
            }
        }
    }

    /// <summary>Only what has one reader, and whose maker does not need it for its own gradient.</summary>
    private bool MayOverwrite(int node)
    {
        while (graph.Consumers[node].Length == 1 && node != 0)
        {
            if (outputOwner[node] == node)
            {
                return graph.Nodes[node].Operation is DenseOperation or AddOperation or BatchNormOperation or LayerNormOperation or LstmOperation;
            }

            node = graph.Nodes[node].Inputs[0];
        }

        return false;
    }
}
