namespace DistTrain.Engines.Simd.Losses;

/// <summary>What a loss kernel reads and writes: one row of outputs a sample.</summary>
internal unsafe struct LossBatch
{
    public int SampleCount;
    public int Width;

    /// <summary>[samples, width].</summary>
    public float* Outputs;

    /// <summary>Null, or [samples] class indices.</summary>
    public int* Labels;

    /// <summary>Null, or [samples, width] target values.</summary>
    public float* Values;

    /// <summary>[samples, width] filled with the gradient of each sample's loss.</summary>
    public float* Gradient;

    /// <summary>[samples] filled with each sample's loss.</summary>
    public float* Losses;

    /// <summary>[samples] filled with 1 where the largest output is at the label, else 0.</summary>
    public byte* Correct;

    /// <summary>[width rounded up to a multiple of 16].</summary>
    public float* RowScratch;
}
