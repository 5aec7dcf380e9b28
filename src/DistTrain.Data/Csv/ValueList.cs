using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>A growing array of numbers with a bound.</summary>
internal struct ValueList(int capacity, long maximum, string path)
{
    private float[] values = GC.AllocateUninitializedArray<float>((int)Math.Min(Math.Max(capacity, 1), maximum));

    public int Count { get; private set; } = 0;

    public void Add(float value)
    {
        if (Count == values.Length)
        {
            var length = Math.Min(values.Length * 2L, Math.Min(maximum, Array.MaxLength));
            if (length == values.Length)
            {
                throw new InvalidInputException($"{path} holds more than {maximum} values.");
            }

            Array.Resize(ref values, (int)length);
        }

        values[Count] = value;
        Count++;
    }

    public readonly float[] ToArray() => Count == values.Length ? values : values[..Count];
}
