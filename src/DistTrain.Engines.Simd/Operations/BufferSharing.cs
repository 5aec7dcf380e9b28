namespace DistTrain.Engines.Simd.Operations;

/// <summary>
/// When a buffer is in use, in steps of one gradient computation over n nodes: node i runs forward at i and backward at 2n − i.
/// </summary>
internal readonly record struct BufferLifetime(PlannedBuffer Buffer, int First, int Last);

/// <summary>Puts buffers whose lifetimes do not overlap into the same memory.</summary>
internal static class BufferSharing
{
    /// <summary>In the order in which they come into use, each buffer takes the smallest free slot that holds it, else lengthens the longest free one, else keeps its own.</summary>
    public static void Assign(IEnumerable<BufferLifetime> lifetimes)
    {
        var slots = new List<(BufferSlot Slot, int BusyUntil)>();
        foreach (BufferLifetime lifetime in lifetimes.OrderBy(lifetime => lifetime.First))
        {
            int best = -1;
            for (int i = 0; i < slots.Count; i++)
            {
                if (slots[i].BusyUntil < lifetime.First && (best < 0 || IsBetter(slots[i].Slot.Length, slots[best].Slot.Length, lifetime.Buffer.Length)))
                {
                    best = i;
                }
            }

            if (best < 0)
            {
                slots.Add((lifetime.Buffer.Slot, lifetime.Last));
                continue;
            }

            BufferSlot slot = slots[best].Slot;
            slot.Length = Math.Max(slot.Length, lifetime.Buffer.Length);
            lifetime.Buffer.Slot = slot;
            slots[best] = (slot, lifetime.Last);
        }
    }

    private static bool IsBetter(long length, long best, long needed) => length >= needed ? best < needed || length < best : best < needed && length > best;
}
