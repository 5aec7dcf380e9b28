namespace DistTrain.Engines.Simd.Losses;

/// <summary>What a loss kernel reads and writes: one or several rows of outputs a sample.</summary>
internal unsafe struct LossBatch
{
    public int SampleCount;

    /// <summary>Rows of a sample, at least 1: the positions that have a label each.</summary>
    public int RowsPerSample;

    /// <summary>Outputs of a row.</summary>
    public int Width;

    /// <summary>[samples, rows, width].</summary>
    public float* Outputs;

    /// <summary>Null, or [samples, rows] class indices.</summary>
    public int* Labels;

    /// <summary>Null, or [samples, width] target values.</summary>
    public float* Values;

    /// <summary>Class of the first output of a row: 1 where two classes share one output, else 0.</summary>
    public int FirstClass;

    /// <summary>[samples, rows, width] filled with the gradient of each sample's loss.</summary>
    public float* Gradient;

    /// <summary>[samples] filled with each sample's loss.</summary>
    public float* Losses;

    /// <summary>[samples] filled with the number of labels that are the predicted class of their row.</summary>
    public int* Correct;

    /// <summary>[3][width rounded up to a multiple of 16].</summary>
    public float* RowScratch;

    /// <summary>How much of each target is spread over the classes.</summary>
    public double LabelSmoothing;

    /// <summary>Where the Huber loss turns straight.</summary>
    public float HuberDelta;
}
