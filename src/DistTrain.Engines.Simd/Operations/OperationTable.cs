using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>The dispatch table: which plan and which buffers an operation of the graph gets.</summary>
internal static class OperationTable
{
    /// <returns>[nodes − 1] the plans of all nodes but the input, in order.</returns>
    public static PlannedOperation[] Plan(KernelSet kernels, ProgramMemory memory, ModelGraph graph)
    {
        var plans = new PlannedOperation[graph.Nodes.Length - 1];
        for (int i = 0; i < plans.Length; i++)
        {
            GraphNode node = graph.Nodes[i + 1];
            plans[i] = Plan(kernels, memory, graph, node);
        }

        Fuse(plans, memory, graph);
        memory.ShareBuffers();
        return plans;
    }

    private static PlannedOperation Plan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        switch (node.Operation)
        {
            case DenseOperation:
                memory.AllocateOutput(node);
                memory.AllocateGradient(node);
                return new DensePlan(kernels, memory, graph, node);
            case ReluOperation:
                memory.PlanOutputInPlace(node);
                memory.PlanGradientInPlace(node);
                return new ReluPlan(kernels, memory, node);
            case LeakyReluOperation or EluOperation or TanhOperation or SigmoidOperation or SwishOperation or GeluOperation or GeluTanhOperation:
                return ActivationPlan.Create(kernels, memory, node);
            case SoftmaxOperation:
                return SoftmaxPlan.Create(kernels, memory, node);
            case DropoutOperation dropout:
                memory.PlanOutputInPlace(node);
                memory.PlanGradientInPlace(node);
                return new DropoutPlan(kernels, memory, node, dropout);
            case EmbeddingOperation embedding:
                return new EmbeddingPlan(kernels, memory, graph, node, embedding);
            case FlattenOperation:
                memory.AliasOutput(node);
                memory.PlanGradientInPlace(node);
                return new AliasPlan(memory, node);
            case AddOperation:
                memory.AllocateOutput(node);
                memory.AllocateGradient(node);
                return new AddPlan(kernels, memory, node);
            case Conv2dOperation:
                memory.AllocateOutput(node);
                memory.AllocateGradient(node);
                return new ConvolutionPlan(kernels, memory, graph, node);
            case PoolOperation:
                memory.AllocateOutput(node);
                memory.AllocateGradient(node);
                return new PoolPlan(kernels, memory, graph, node);
            case ConcatOperation:
                memory.AllocateOutput(node);
                memory.AllocateGradient(node);
                return new ConcatPlan(memory, graph, node);
            case BatchNormOperation:
                memory.AllocateOutput(node);
                memory.PlanGradientInPlace(node);
                return new BatchNormPlan(kernels, memory, graph, node);
            case LayerNormOperation:
                memory.AllocateOutput(node);
                memory.PlanGradientInPlace(node);
                return new LayerNormPlan(kernels, memory, graph, node);
            case LstmOperation:
                memory.AllocateOutput(node);
                memory.AllocateGradient(node);
                return new LstmPlan(kernels, memory, graph, node);
            default:
                throw new NotSupportedException($"the SIMD engine has no operation '{node.Operation.Kind}'");
        }
    }

    private static void Fuse(PlannedOperation[] plans, ProgramMemory memory, ModelGraph graph)
    {
        for (int i = 0; i + 1 < plans.Length; i++)
        {
            if (!memory.MayFuse(graph.Nodes[i + 1], graph.Nodes[i + 2]))
            {
                continue;
            }

            if (plans[i] is DensePlan before && plans[i + 1] is ReluPlan relu)
            {
                before.AppliesRelu = true;
                relu.ForwardIsFused = true;
            }
            else if (plans[i] is ConvolutionPlan convolution)
            {
                FuseBehind(convolution, i, plans, memory, graph);
            }
            else if (plans[i] is ReluPlan activation && plans[i + 1] is DensePlan after && memory.SharesGradientWithInput(graph.Nodes[i + 1]))
            {
                after.AppliesInputReluGradient = true;
                activation.BackwardIsFused = true;
            }
        }
    }

    private static void FuseBehind(ConvolutionPlan convolution, int position, PlannedOperation[] plans, ProgramMemory memory, ModelGraph graph)
    {
        var relu = plans[position + 1] as ReluPlan;
        int next = relu is null ? position + 1 : position + 2;
        bool fusesPool = next < plans.Length && plans[next] is PoolPlan { MayBeFused: true } && (relu is null || memory.MayFuse(graph.Nodes[position + 2], graph.Nodes[next + 1]));
        if (relu is not null)
        {
            convolution.AppliesRelu = true;
            relu.ForwardIsFused = true;
            relu.BackwardIsFused = fusesPool;
        }

        if (fusesPool)
        {
            convolution.Fuse((PoolPlan)plans[next]);
            memory.KeepUntil(graph.Nodes[next + 1], graph.Nodes[position + 1]);
            for (int node = position + 1; node <= next; node++)
            {
                memory.ReleaseBuffers(graph.Nodes[node]);
            }
        }
    }
}
