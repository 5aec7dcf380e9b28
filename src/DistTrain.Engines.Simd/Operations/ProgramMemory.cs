using DistTrain.Engines.Simd.Gemm;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// The buffers of one program, planned once: for each node of the graph where its output and the gradient by its output lie. Operations that
/// work in place share their input's buffers.
/// </summary>
internal sealed unsafe class ProgramMemory
{
    private readonly ModelGraph graph;
    private readonly PlannedBuffer?[] outputs;
    private readonly PlannedBuffer?[] gradients;
    private readonly List<PlannedBuffer> buffers = [];
    private readonly int[] lastReader;
    private readonly int[] outputOwner;
    private readonly int[] gradientOwner;
    private readonly int maximumSampleCount;
    private readonly bool keepsActivations;

    /// <summary>[positions] what a consumer that is not its input's first contributor writes, before it is added.</summary>
    private readonly List<PlannedBuffer> contributions = [];

    private PlannedBuffer scratch = new(0);
    private GemmWorkspace? workspace;
    private int gradientRowsOfSample = 1;

    public ProgramMemory(ModelGraph graph, int maximumSampleCount, bool keepsActivations)
    {
        this.graph = graph;
        this.maximumSampleCount = maximumSampleCount;
        this.keepsActivations = keepsActivations;
        int count = graph.Nodes.Length;
        outputs = new PlannedBuffer?[count];
        gradients = new PlannedBuffer?[count];
        outputOwner = [.. Enumerable.Range(0, count)];
        gradientOwner = [.. Enumerable.Range(0, count)];
        lastReader = [.. Enumerable.Range(0, count)];
        ReserveContributions();
    }

    /// <summary>Only after allocation.</summary>
    public GemmWorkspace Workspace => workspace!;

    /// <summary>The memory that <see cref="Allocate"/> takes, in bytes; only after <see cref="ShareBuffers"/>.</summary>
    public long Bytes => GemmWorkspace.Bytes(GradientRows) + (sizeof(float) * Slots.Sum(slot => slot.Length));

    private IEnumerable<BufferSlot> Slots => outputs.Concat(gradients).Concat(contributions).Concat(buffers).Append(scratch).OfType<PlannedBuffer>().Select(buffer => buffer.Slot).Distinct();

    /// <summary>Takes the memory that has been planned.</summary>
    public void Allocate()
    {
        workspace = new GemmWorkspace(GradientRows);
        foreach (BufferSlot slot in Slots)
        {
            slot.Allocate();
        }
    }

    /// <summary>Once all plans are made: gradients are laid over each other, and over outputs that the backward pass has done with, where they are not in use at the same time.</summary>
    public void ShareBuffers()
    {
        if (!keepsActivations)
        {
            BufferSharing.Assign(Lifetimes());
        }
    }

    /// <summary>A node's output and gradient are read in the backward pass of an earlier node, which does the node's work as well.</summary>
    public void KeepUntil(GraphNode node, GraphNode reader) => lastReader[node.Index] = reader.Index;

    /// <summary>A buffer of a plan's own, which keeps its contents from call to call.</summary>
    /// <param name="length">Number of elements.</param>
    public PlannedBuffer ReserveBuffer(long length)
    {
        var buffer = new PlannedBuffer(length);
        buffers.Add(buffer);
        return buffer;
    }

    /// <summary>Sees to it that <see cref="Scratch"/> holds so many elements.</summary>
    public void ReserveScratch(long length) => scratch = length > scratch.Length ? new PlannedBuffer(length) : scratch;

    /// <summary>Sees to it that the matrix kernels can sum a weight gradient over so many rows a sample.</summary>
    public void ReserveGradientRows(int rowsOfSample) => gradientRowsOfSample = Math.Max(gradientRowsOfSample, rowsOfSample);

    private int GradientRows => checked(maximumSampleCount * gradientRowsOfSample);

    /// <summary>Memory for the duration of one forward or backward pass of one operation; all plans share it.</summary>
    public float* Scratch => scratch.Pointer;

    public int MaximumSampleCount => maximumSampleCount;

    /// <summary>The caller's samples of the call in progress: node 0's output.</summary>
    public float* Inputs { get; set; }

    /// <summary>Whether two neighbours may be computed as one, so that what lies between them is never written.</summary>
    public bool MayFuse(GraphNode producer, GraphNode consumer) => !keepsActivations && graph.Consumers[producer.Index] is [var only] && only == consumer.Index && consumer.Inputs is [_];

    /// <summary>Gives a node a buffer of its own for its output.</summary>
    public void AllocateOutput(GraphNode node) => outputs[node.Index] = new PlannedBuffer((long)maximumSampleCount * node.OutputShape.ElementCount);

    /// <summary>A node whose work its consumer (or its producer) does as well: neither its output nor the gradient by it is ever written.</summary>
    public void ReleaseBuffers(GraphNode node)
    {
        outputs[node.Index] = null;
        gradients[node.Index] = null;
    }

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
            gradients[node.Index] = new PlannedBuffer((long)maximumSampleCount * node.OutputShape.ElementCount);
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
    public float* Output(int node) => outputOwner[node] == 0 ? Inputs : outputs[outputOwner[node]]!.Pointer;

    /// <summary>[samples × elements] gradient by a node's output; only where <see cref="HasGradient"/>.</summary>
    public float* Gradient(int node) => gradients[gradientOwner[node]]!.Pointer;

    /// <summary>
    /// [samples × elements] where a node's backward pass writes (never adds) its gradient by one of its inputs; only where that <see cref="HasGradient"/>. It may be the buffer of the gradient by the
    /// node's own output.
    /// </summary>
    public float* InputGradient(GraphNode node, int position = 0) => IsFirstContribution(node, position) ? Gradient(node.Inputs[position]) : contributions[position].Pointer;

    /// <summary>Adds what a node's backward pass wrote for inputs that others have contributed to before.</summary>
    public void AddContributions(KernelSet kernels, GraphNode node, int sampleCount)
    {
        for (int position = 0; position < node.Inputs.Length; position++)
        {
            int input = node.Inputs[position];
            if (HasGradient(input) && !IsFirstContribution(node, position))
            {
                kernels.Add(Gradient(input), contributions[position].Pointer, Gradient(input), (nint)sampleCount * graph.Nodes[input].OutputShape.ElementCount);
            }
        }
    }

    /// <summary>Whether anything in front of the node's output, or the node itself, learns.</summary>
    public bool HasGradient(int node) => graph.NeedsGradient[node];

    public bool SharesGradientWithInput(GraphNode node) => gradientOwner[node.Index] != node.Index;

    public bool IsInput(int node) => outputOwner[node] == 0;

    private IEnumerable<BufferLifetime> Lifetimes()
    {
        int end = 2 * graph.Nodes.Length;
        for (int node = 0; node < outputs.Length; node++)
        {
            if (outputs[node] is { } output)
            {
                yield return new BufferLifetime(output, node, end - Sharers(outputOwner, node).Min(sharer => lastReader[sharer]));
            }

            if (gradients[node] is { } gradient)
            {
                // The gradient by the last node comes from the loss, between the two passes.
                int first = Sharers(gradientOwner, node).Max(sharer => graph.Consumers[sharer] is [.., var consumer] ? consumer : outputs.Length);
                yield return new BufferLifetime(gradient, end - first, end - Sharers(gradientOwner, node).Min(sharer => lastReader[sharer]));
            }
        }
    }

    private static IEnumerable<int> Sharers(int[] owners, int owner) => Enumerable.Range(0, owners.Length).Where(node => owners[node] == owner);

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
                long length = !HasGradient(input) || IsFirstContribution(node, position) ? 0 : (long)maximumSampleCount * graph.Nodes[input].OutputShape.ElementCount;
                if (position == contributions.Count)
                {
                    contributions.Add(new PlannedBuffer(0));
                }

                if (contributions[position].Length < length)
                {
                    contributions[position] = new PlannedBuffer(length);
                }
            }
        }
    }

    /// <summary>Only what has one reader, and what none of the operations that made it in place needs for its own gradient.</summary>
    private bool MayOverwrite(int node)
    {
        while (node != 0 && graph.Consumers[node].Length == 1 && !BackwardReadsOutput(graph.Nodes[node].Operation))
        {
            if (outputOwner[node] == node)
            {
                return true;
            }

            node = graph.Nodes[node].Inputs[0];
        }

        return false;
    }

    private static bool BackwardReadsOutput(Operation operation) =>
        operation is not (DenseOperation or AddOperation or ConcatOperation or FlattenOperation or BatchNormOperation or LayerNormOperation or Conv2dOperation or PoolOperation or DropoutOperation
            or EmbeddingOperation or SwishOperation or GeluOperation or GeluTanhOperation or LstmOperation);
}
