using System.Diagnostics;
using System.Numerics;
using System.Runtime.Intrinsics;

namespace DistTrain.Architecture.Tests;

/// <summary>Uses of everything that the rules forbid, and of some things that they allow, for the rules to find in this assembly's metadata. Nobody calls it.</summary>
internal static class Offenders
{
    private static readonly Lock Gate = new();

    public static double Clocks() => DateTime.UtcNow.Ticks + Stopwatch.GetTimestamp() + Environment.TickCount64;

    public static int Generators() => Random.Shared.Next();

    public static async Task<int> TasksAndThreads()
    {
        await Task.Yield();
        return Thread.GetCurrentProcessorId();
    }

    public static void Locks(object gate)
    {
        lock (Gate)
        {
            Generators();
        }

        lock (gate)
        {
            Generators();
        }
    }

    public static double Library(double x, float y) => Math.Exp(x) + Math.Pow(x, x) + MathF.Sin(y) + double.Log(x) + Generic(x) + MathF.ReciprocalEstimate(y);

    public static float Lanes(Vector<float> one, Vector128<float> other) => Vector.Sum(one) + Vector128.Sum(other) + Vector128.Sum(Vector128.Exp(other));

    public static double Exact(double x, float y, uint n) => Math.Sqrt(x) + MathF.FusedMultiplyAdd(y, y, y) + BitOperations.Log2(n);

    private static T Generic<T>(T x)
        where T : IExponentialFunctions<T> => T.Exp(x);
}
