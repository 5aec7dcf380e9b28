namespace DistTrain.Actors;

/// <summary>
/// The seconds that training took, evaluation excluded. Workers evaluate an epoch's last version before they go on, so the time from that version's commit to the evaluation's end is not
/// training, unless the next step was faster.
/// </summary>
internal sealed class TrainingClock
{
    private Timestamp epochBegan;
    private Timestamp lastCommit;
    private bool epochIsFresh = true;
    private double earlierEpochsSeconds;

    /// <summary>Of the epoch under way, from before the clock went on.</summary>
    private double carriedSeconds;

    public double TotalSeconds => earlierEpochsSeconds + EpochSeconds;

    /// <summary>Of the epochs that have ended.</summary>
    public double EarlierEpochsSeconds => earlierEpochsSeconds;

    /// <summary>Of the epoch under way, up to its last commit.</summary>
    public double EpochSeconds => carriedSeconds + (epochIsFresh ? 0 : lastCommit.SecondsSince(epochBegan));

    public void Begin(Timestamp now) => epochBegan = now;

    /// <summary>Goes back to what a checkpoint says; what was trained since then does not count.</summary>
    public void Restore(double earlierEpochs, double epochSoFar)
    {
        earlierEpochsSeconds = earlierEpochs;
        carriedSeconds = epochSoFar;
        epochIsFresh = true;
    }

    public void Commit(Timestamp now)
    {
        lastCommit = now;
        epochIsFresh = false;
    }

    /// <returns>The epoch's seconds.</returns>
    public double EndEpoch()
    {
        var seconds = EpochSeconds;
        earlierEpochsSeconds += seconds;
        epochBegan = lastCommit;
        epochIsFresh = true;
        carriedSeconds = 0;
        return seconds;
    }

    /// <param name="nothingWasCommittedSince">The version that was evaluated is still the newest: all that time was the evaluation's.</param>
    public void EndEvaluation(Timestamp now, bool nothingWasCommittedSince = false)
    {
        if (epochIsFresh)
        {
            epochBegan = now;
        }
        else if (nothingWasCommittedSince)
        {
            epochBegan = new Timestamp(epochBegan.Microseconds + now.Microseconds - lastCommit.Microseconds);
            lastCommit = now;
        }
    }
}
