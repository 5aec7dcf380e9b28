namespace DistTrain.Actors;

/// <summary>The workers that have joined, their speeds, and who gets which part of a step.</summary>
internal sealed class Membership
{
    private readonly SortedDictionary<WorkerId, Member> members = [];

    /// <summary>An assignment depends only on the range, the members and their assumed speeds, and steps are much alike.</summary>
    private readonly Dictionary<(WorkRange Range, bool Everybody), AssignmentDecision> assignments = [];

    private long lastSession;

    public int Count => members.Count;

    public IEnumerable<Member> All => members.Values;

    public Member? Find(WorkerId worker) => members.GetValueOrDefault(worker);

    public Member Add(WorkerId worker, NodeId node)
    {
        assignments.Clear();
        return members[worker] = new Member(worker, node, new SessionNumber(++lastSession));
    }

    public void Remove(WorkerId worker)
    {
        assignments.Clear();
        members.Remove(worker);
    }

    /// <summary>Shares out the micro-batches of a step that nobody has begun, or blocks of an evaluation.</summary>
    /// <param name="range">What to share out.</param>
    /// <param name="includeEverybody">Who is too slow for a share gets one nevertheless, so that it is measured again.</param>
    public AssignmentDecision Assign(WorkRange range, bool includeEverybody = false)
    {
        if (!assignments.TryGetValue((range, includeEverybody), out var decision))
        {
            decision = Assignment.Decide([.. members.Values.Select(member => new WorkerCapacity(member.Worker, member.RelativeTime))], range, includeEverybody);
            assignments[(range, includeEverybody)] = decision;
        }

        return decision;
    }

    /// <summary>Shares out a part of a step that is under way: who has more open work for it gets less.</summary>
    public AssignmentDecision AssignPart(StepNumber step, WorkRange range) => Assignment.Decide(
        [.. members.Values.Select(member => new WorkerCapacity(member.Worker, member.RelativeTime, (long)member.OpenMicroBatchesUpTo(step) * member.RelativeTime))],
        range);

    /// <summary>Takes a committed step off everybody's open work and notes how long each needed for its part.</summary>
    public void Commit(LedgerEntry entry)
    {
        foreach (var member in members.Values)
        {
            member.OpenRanges.RemoveAll(open => open.Step <= entry.MiniBatch.Step);
            long samples = 0;
            long microseconds = 0;
            foreach (var node in entry.Nodes)
            {
                if (node.Worker == member.Worker)
                {
                    samples += node.SampleCount;
                    microseconds += node.ComputeMicroseconds;
                }
            }

            if (samples > 0)
            {
                member.Speed.Add(microseconds, samples);
            }
        }
    }

    /// <summary>Asks whether the measured speeds still are what assignments count with, and takes the new ones if not.</summary>
    public SpeedDecision AssessSpeeds()
    {
        var decision = SpeedAssessment.Decide(
            [.. members.Values.Select(member => new SpeedRecord(member.Worker, member.Speed.MicrosecondsPerSample, member.RelativeTime))]);
        if (decision.IsChanged)
        {
            assignments.Clear();
            foreach (var (member, time) in members.Values.Zip(decision.AssumedRelativeTimes))
            {
                member.RelativeTime = time;
            }
        }

        return decision;
    }
}
