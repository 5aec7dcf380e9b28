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

    public double TotalSeconds => earlierEpochsSeconds + EpochSeconds;

    /// <summary>Of the epoch under way, up to its last commit.</summary>
    public double EpochSeconds => epochIsFresh ? 0 : lastCommit.SecondsSince(epochBegan);

    public void Begin(Timestamp now) => epochBegan = now;

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
        return seconds;
    }

    public void EndEvaluation(Timestamp now)
    {
        if (epochIsFresh)
        {
            epochBegan = now;
        }
    }
}
