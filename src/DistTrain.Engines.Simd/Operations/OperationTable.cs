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

        Fuse(plans, graph);
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
                PlanElementwise(memory, graph, node);
                return new ReluPlan(kernels, memory, node);
            case TanhOperation:
                PlanElementwise(memory, graph, node);
                return new TanhPlan(kernels, memory, node);
            case FlattenOperation:
                memory.ShareOutput(node, node.Inputs[0]);
                memory.ShareGradient(node, node.Inputs[0]);
                return new AliasPlan();
            default:
                throw new NotSupportedException($"the SIMD engine has no operation '{node.Operation.Kind}'");
        }
    }

    /// <summary>The output may overwrite the input where nobody needs that again: a dense layer's gradient does not need its own output. The gradient always may.</summary>
    private static void PlanElementwise(ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        int input = node.Inputs[0];
        if (graph.Nodes[input].Operation is DenseOperation)
        {
            memory.ShareOutput(node, input);
        }
        else
        {
            memory.AllocateOutput(node);
        }

        memory.ShareGradient(node, input);
    }

    private static void Fuse(PlannedOperation[] plans, ModelGraph graph)
    {
        for (int i = 0; i + 1 < plans.Length; i++)
        {
            if (graph.Nodes[i + 2].Inputs[0] != i + 1)
            {
                continue;
            }

            if (plans[i] is DensePlan before && plans[i + 1] is ReluPlan relu)
            {
                before.AppliesRelu = true;
                relu.ForwardIsFused = true;
            }
            else if (plans[i] is ReluPlan activation && plans[i + 1] is DensePlan after)
            {
                after.AppliesInputReluGradient = true;
                activation.BackwardIsFused = true;
            }
        }
    }
}
