using System.Numerics;

namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// Folds one vector a leaf (micro-batch) in the fixed binary tree, as the weight gradient's tiles do: a binary counter whose digits are the left siblings that wait. Leaves come in order.
/// </summary>
internal sealed unsafe class LeafFold
{
    private readonly KernelSet kernels;
    private readonly PlannedBuffer levels;
    private readonly int length;

    /// <param name="length">Elements of a vector.</param>
    /// <param name="maximumLeafCount">The most leaves of a node.</param>
    public LeafFold(KernelSet kernels, ProgramMemory memory, int length, int maximumLeafCount)
    {
        this.kernels = kernels;
        this.length = length;
        levels = memory.ReserveBuffer((long)length * (BitOperations.Log2((uint)maximumLeafCount) + 1));
    }

    /// <summary>Adds the leaf to the left siblings that wait for it; what comes of it waits in turn.</summary>
    /// <param name="leaf">Position of the leaf within its node.</param>
    /// <param name="vector">[length] the leaf's vector; changed.</param>
    /// <returns>[length] the sum of the largest aligned node that ends with this leaf; after a node's last leaf, the node's.</returns>
    public float* Add(int leaf, float* vector)
    {
        int level = 0;
        for (; ((leaf >> level) & 1) != 0; level++)
        {
            kernels.Add(Level(level), vector, vector, length);
        }

        Pointers.Copy(vector, Level(level), length);
        return Level(level);
    }

    private float* Level(int level) => Pointers.Of(levels) + ((nint)level * length);
}
