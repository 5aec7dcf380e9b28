using System.Diagnostics;

namespace DistTrain.Runtime.Faults;

/// <summary>
/// Lets this process kill itself at a named place, so that recovery can be proved at moments that a kill from outside hits by luck only. Disarmed, as it is unless somebody asks for it, a point costs one look at
/// a flag.
/// </summary>
public static class FaultPoints
{
    /// <summary>So long a shard's update is held back at <see cref="FaultPoint.Apply"/>: the others, who have the same contributions, apply theirs in it.</summary>
    public static readonly TimeSpan HoldBack = TimeSpan.FromMilliseconds(250);

    private static readonly object Gate = new();
    private static volatile bool isArmed;
    private static FaultPoint armed;
    private static int left;

    /// <summary>Whether the process is to die at some point: asked before anything is worked out that only a point needs.</summary>
    public static bool IsArmed => isArmed;

    /// <summary>From now on the process dies at that point, the <paramref name="count"/>th time (from 1 on) that it passes it; whatever was armed before is forgotten.</summary>
    public static void Arm(FaultPoint point, int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        lock (Gate)
        {
            (armed, left) = (point, count);
            isArmed = true;
        }
    }

    public static void Disarm() => isArmed = false;

    /// <summary>The process is at that point.</summary>
    public static void Pass(FaultPoint point)
    {
        if (isArmed && IsDue(point))
        {
            Die(point);
        }
    }

    private static bool IsDue(FaultPoint point)
    {
        lock (Gate)
        {
            return point == armed && --left == 0;
        }
    }

    /// <summary>By SIGKILL, as from outside: nothing of the process gets to clean up.</summary>
    private static void Die(FaultPoint point)
    {
        if (point == FaultPoint.Apply)
        {
            Thread.Sleep(HoldBack);
        }

        Console.Error.WriteLine($"disttrain: {FaultPointText.DyingWords}{FaultPointText.NameOf(point)}");
        Console.Error.Flush();
        using var own = Process.GetCurrentProcess();
        own.Kill();
        Thread.Sleep(Timeout.Infinite);
    }
}
