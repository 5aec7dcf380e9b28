using DistTrain.Engines.Simd.Gemm;
using DistTrain.Engines.Simd.Recurrent;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// LSTM: x·Wx of all steps is one product, which each step continues with h·Wh; backward, each step's dz gives the one before it its share, and the gradients of weights and inputs are products over all
/// steps. Needs its input again, not its output.
/// </summary>
internal sealed unsafe class LstmPlan : PlannedOperation
{
    /// <summary>Elements between rows, without which the rows of one step, which are what a step works on, would share a few cache sets at the usual widths.</summary>
    private const int RowPadding = 16;

    private readonly KernelSet kernels;
    private readonly ProgramMemory memory;
    private readonly GraphNode node;
    private readonly bool returnsAllSteps;
    private readonly int units;
    private readonly int steps;
    private readonly int features;
    private readonly int inputWeightOffset;
    private readonly int hiddenWeightOffset;
    private readonly int biasOffset;
    private readonly RowLeaves rowLeaves;

    /// <summary>[samples, steps, 4H] gates, rows <see cref="GateRow"/> apart; backward dz.</summary>
    private readonly PlannedBuffer gates;

    /// <summary>[samples, steps, H] c, rows <see cref="StateRow"/> apart.</summary>
    private readonly PlannedBuffer cells;

    /// <summary>[samples, steps, H] the hidden state that a step reads, rows <see cref="StateRow"/> apart: zero at the first.</summary>
    private readonly PlannedBuffer previousHidden;

    /// <summary>[samples, H].</summary>
    private readonly PlannedBuffer fromLater;

    /// <summary>[samples, H].</summary>
    private readonly PlannedBuffer carry;

    public LstmPlan(KernelSet kernels, ProgramMemory memory, ModelGraph graph, GraphNode node)
    {
        var operation = (LstmOperation)node.Operation;
        TensorShape input = graph.Nodes[node.Inputs[0]].OutputShape;
        this.kernels = kernels;
        this.memory = memory;
        this.node = node;
        returnsAllSteps = operation.ReturnsAllSteps;
        units = operation.Units;
        steps = LstmOperation.StepsOf(input);
        features = LstmOperation.FeaturesOf(input);
        inputWeightOffset = graph.Layout.Tensors[node.Parameters[0]].Offset;
        hiddenWeightOffset = graph.Layout.Tensors[node.Parameters[1]].Offset;
        biasOffset = graph.Layout.Tensors[node.Parameters[2]].Offset;
        rowLeaves = new RowLeaves(memory, steps);
        long rows = (long)memory.MaximumSampleCount * steps;
        gates = memory.ReserveBuffer(rows * GateRow);
        cells = memory.ReserveBuffer(rows * StateRow);
        previousHidden = memory.ReserveBuffer(rows * StateRow);
        fromLater = memory.ReserveBuffer((long)memory.MaximumSampleCount * units);
        carry = memory.ReserveBuffer((long)memory.MaximumSampleCount * units);
    }

    private int Columns => 4 * units;

    private int GateRow => Columns + RowPadding;

    private int StateRow => units + RowPadding;

    public override void Forward(in Pass pass)
    {
        kernels.Multiply(
            new MatrixProduct
            {
                Rows = pass.SampleCount * steps, Columns = Columns, Depth = features,
                A = memory.Output(node.Inputs[0]), ARowStride = features, AStepStride = 1,
                B = pass.Weights + inputWeightOffset, BStride = Columns, C = gates.Pointer, CStride = GateRow,
            },
            memory.Workspace);
        for (int step = 0; step < steps; step++)
        {
            if (step > 0)
            {
                kernels.Multiply(
                    new MatrixProduct
                    {
                        Rows = pass.SampleCount, Columns = Columns, Depth = units, Accumulate = true,
                        A = previousHidden.Pointer + ((nint)step * StateRow), ARowStride = (nint)steps * StateRow, AStepStride = 1,
                        B = pass.Weights + hiddenWeightOffset, BStride = Columns, C = gates.Pointer + ((nint)step * GateRow), CStride = (nint)steps * GateRow,
                    },
                    memory.Workspace);
            }

            LstmStep now = StepOf(pass, step, memory.Output(node.Index));
            now.Bias = pass.Weights + biasOffset;
            now.NextHidden = step + 1 < steps ? previousHidden.Pointer + ((nint)(step + 1) * StateRow) : null;
            kernels.Lstm(now);
        }
    }

    public override void Backward(in Pass pass)
    {
        for (int step = steps - 1; step >= 0; step--)
        {
            LstmStep now = StepOf(pass, step, memory.Gradient(node.Index));
            now.Carry = carry.Pointer;
            now.FromLater = step + 1 < steps ? fromLater.Pointer : null;
            kernels.LstmGradient(now);
            if (step > 0)
            {
                kernels.Multiply(
                    new MatrixProduct
                    {
                        Rows = pass.SampleCount, Columns = units, Depth = Columns,
                        A = now.Gates, ARowStride = now.GateStride, AStepStride = 1,
                        B = pass.Weights + hiddenWeightOffset, BStride = Columns, BTransposed = true, C = fromLater.Pointer, CStride = units,
                    },
                    memory.Workspace);
            }
        }

        AccumulateWeights(pass);
        if (memory.HasGradient(node.Inputs[0]))
        {
            kernels.Multiply(
                new MatrixProduct
                {
                    Rows = pass.SampleCount * steps, Columns = features, Depth = Columns, A = gates.Pointer, ARowStride = GateRow, AStepStride = 1,
                    B = pass.Weights + inputWeightOffset, BStride = Columns, BTransposed = true, C = memory.InputGradient(node), CStride = features,
                },
                memory.Workspace);
        }
    }

    private void AccumulateWeights(in Pass pass)
    {
        WeightGradient gradient = rowLeaves.Gradient(pass);
        gradient.Outputs = Columns;
        gradient.Dy = gates.Pointer;
        gradient.DyStride = GateRow;
        gradient.Inputs = features;
        gradient.X = memory.Output(node.Inputs[0]);
        gradient.XStride = features;
        gradient.WeightOffset = inputWeightOffset;
        gradient.BiasOffset = biasOffset;
        kernels.AccumulateWeightGradient(gradient, memory.Workspace);
        gradient.Inputs = units;
        gradient.X = previousHidden.Pointer;
        gradient.XStride = StateRow;
        gradient.WeightOffset = hiddenWeightOffset;
        gradient.BiasOffset = WeightGradient.NoBias;
        kernels.AccumulateWeightGradient(gradient, memory.Workspace);
    }

    /// <param name="rows">The layer's output, or the gradient by it.</param>
    private LstmStep StepOf(in Pass pass, int step, float* rows)
    {
        float* cell = cells.Pointer + ((nint)step * StateRow);
        bool givesOutput = returnsAllSteps || step == steps - 1;
        return new LstmStep
        {
            SampleCount = pass.SampleCount, Units = units,
            Gates = gates.Pointer + ((nint)step * GateRow), GateStride = (nint)steps * GateRow,
            Cells = cell, PreviousCells = step == 0 ? null : cell - StateRow, StateStride = (nint)steps * StateRow,
            Output = givesOutput ? rows + (returnsAllSteps ? (nint)step * units : 0) : null, OutputStride = returnsAllSteps ? (nint)steps * units : units,
        };
    }
}
