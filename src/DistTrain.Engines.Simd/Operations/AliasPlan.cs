namespace DistTrain.Engines.Simd.Operations;

/// <summary>An operation that changes shapes but no element: its buffers are its input's.</summary>
internal sealed class AliasPlan : PlannedOperation
{
    public override void Forward(in Pass pass)
    {
    }

    public override void Backward(in Pass pass)
    {
    }
}
