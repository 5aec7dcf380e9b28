using System.Diagnostics;
using DistTrain.Actors;

namespace DistTrain.Runtime.Cluster;

/// <summary>How long a worker computes, and how long it has nothing to compute, over its last steps.</summary>
internal sealed class WorkMeter
{
    private const int Window = 32;
    private readonly object gate = new();
    private readonly Queue<(double ComputeMilliseconds, double WaitMilliseconds, int Samples)> last = new(Window);
    private long lastEnd;
    private long step;

    public void Add(ComputeResult result)
    {
        if (result is not GradientComputed computed)
        {
            return;
        }

        var now = Stopwatch.GetTimestamp();
        var compute = computed.ElapsedMicroseconds / 1e3;
        lock (gate)
        {
            if (last.Count == Window)
            {
                last.Dequeue();
            }

            var sinceLast = lastEnd == 0 ? compute : Stopwatch.GetElapsedTime(lastEnd, now).TotalMilliseconds;
            last.Enqueue((compute, Math.Max(0, sinceLast - compute), computed.Nodes.Sum(node => node.Statistics.SampleCount)));
            lastEnd = now;
            step = computed.Step.Value;
        }
    }

    /// <summary>Null before anything was computed.</summary>
    public WorkerStatus? Read()
    {
        lock (gate)
        {
            if (last.Count == 0)
            {
                return null;
            }

            var milliseconds = last.Sum(one => one.ComputeMilliseconds + one.WaitMilliseconds);
            return new WorkerStatus(
                step,
                Median(last.Select(one => one.ComputeMilliseconds)),
                Median(last.Select(one => one.WaitMilliseconds)),
                milliseconds > 0 ? last.Sum(one => one.Samples) / milliseconds * 1e3 : 0);
        }
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(values.Count() / 2);
}
