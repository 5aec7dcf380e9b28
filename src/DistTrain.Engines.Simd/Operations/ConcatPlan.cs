using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>The inputs side by side along the last axis: rows are copied, forward and backward.</summary>
internal sealed unsafe class ConcatPlan(ProgramMemory memory, ModelGraph graph, GraphNode node) : PlannedOperation
{
    private readonly int rowsOfSample = node.OutputShape.ElementCount / node.OutputShape[node.OutputShape.Rank - 1];
    private readonly int width = node.OutputShape[node.OutputShape.Rank - 1];
    private readonly int[] widths = [.. node.Inputs.Select(input => graph.Nodes[input].OutputShape).Select(shape => shape[shape.Rank - 1])];

    public override void Forward(in Pass pass)
    {
        float* joined = memory.Output(node.Index);
        for (int position = 0; position < widths.Length; position++)
        {
            CopyRows(memory.Output(node.Inputs[position]), widths[position], joined, width, widths[position], (nint)pass.SampleCount * rowsOfSample);
            joined += widths[position];
        }
    }

    public override void Backward(in Pass pass)
    {
        float* joined = memory.Gradient(node.Index);
        for (int position = 0; position < widths.Length; position++)
        {
            if (memory.HasGradient(node.Inputs[position]))
            {
                CopyRows(joined, width, memory.InputGradient(node, position), widths[position], widths[position], (nint)pass.SampleCount * rowsOfSample);
            }

            joined += widths[position];
        }
    }

    private static void CopyRows(float* source, nint sourceStride, float* destination, nint destinationStride, int length, nint rows)
    {
        for (nint row = 0; row < rows; row++)
        {
            Pointers.Copy(source + (row * sourceStride), destination + (row * destinationStride), length);
        }
    }
}
