using DistTrain.Learning.Sampling;

namespace DistTrain.Runtime.Compute;

/// <summary>The sample orders of the epochs that are in use; each is computed once a process.</summary>
internal sealed class EpochOrders(ulong seed, int sampleCount)
{
    private const int KeptEpochs = 2;
    private readonly object gate = new();
    private readonly SortedDictionary<int, int[]> orders = [];

    /// <summary>[samples of the epoch] data set indices in the order in which the epoch visits them.</summary>
    public int[] Get(int epoch)
    {
        lock (gate)
        {
            if (!orders.TryGetValue(epoch, out var order))
            {
                order = EpochOrder.Create(seed, epoch, sampleCount);
                orders.Add(epoch, order);
                while (orders.Count > KeptEpochs)
                {
                    orders.Remove(orders.Keys.First());
                }
            }

            return order;
        }
    }
}
