namespace DistTrain.Engines.Simd.Recurrent;

/// <summary>One step of an LSTM for all samples. A pointer is at the first sample's step; the strides are elements from one sample's step to the next sample's.</summary>
internal unsafe struct LstmStep
{
    public int SampleCount;

    /// <summary>H.</summary>
    public int Units;

    /// <summary>[samples, 4H] by <see cref="GateStride"/>. Forward: the products in, the gates out. Backward: the gates in, dz out.</summary>
    public float* Gates;

    public nint GateStride;

    /// <summary>[4H].</summary>
    public float* Bias;

    /// <summary>[samples, H] by <see cref="StateStride"/>: c of this step.</summary>
    public float* Cells;

    /// <summary>c of the step before; null at the first step.</summary>
    public float* PreviousCells;

    /// <summary>Where h goes for the next step to read; null at the last step.</summary>
    public float* NextHidden;

    public nint StateStride;

    /// <summary>[samples, H] by <see cref="OutputStride"/>: where h goes as the layer's output, null if it does not; backward, the gradient by it.</summary>
    public float* Output;

    public nint OutputStride;

    /// <summary>[samples, H] Σ dz·Whᵀ of the step after; null at the last step.</summary>
    public float* FromLater;

    /// <summary>[samples, H] dc·f of the step after in, of this step out; at the last step only out.</summary>
    public float* Carry;
}
