namespace DistTrain.Study.Reports.Plotting;

/// <summary>Cuts lines at a frame.</summary>
internal static class Clipping
{
    /// <summary>The part of a line that is inside, or nothing (Liang and Barsky, A New Concept and Method for Line Clipping, 1984).</summary>
    public static ((double X, double Y)? Start, (double X, double Y)? End) Inside((double X, double Y) from, (double X, double Y) to, Frame frame)
    {
        var (enter, leave) = (0.0, 1.0);
        var (dx, dy) = (to.X - from.X, to.Y - from.Y);
        foreach (var (speed, room) in ((double, double)[])[(-dx, from.X - frame.Left), (dx, frame.Right - from.X), (-dy, from.Y - frame.Top), (dy, frame.Bottom - from.Y)])
        {
            if (speed == 0)
            {
                if (room < 0)
                {
                    return (null, null);
                }

                continue;
            }

            var share = room / speed;
            (enter, leave) = speed < 0 ? (Math.Max(enter, share), leave) : (enter, Math.Min(leave, share));
        }

        return enter > leave ? (null, null) : (At(enter), At(leave));

        // Ends that are inside stay as they are, to the last bit, so that lines which meet there are one.
        (double X, double Y) At(double share) => share == 0 ? from : share == 1 ? to : (from.X + (share * dx), from.Y + (share * dy));
    }
}
