using System.Globalization;
using DistTrain.Actors;
using DistTrain.Learning.Reduction;

namespace DistTrain.Simulation;

/// <summary>A delivery as text: a line for the message, and an indented line for each effect.</summary>
public static class TraceText
{
    public static IEnumerable<string> Lines(Delivery delivery)
    {
        var sender = delivery.Sender?.ToString() ?? "runtime";
        var milliseconds = (delivery.Now.Microseconds / 1000.0).ToString("0.000", CultureInfo.InvariantCulture);
        yield return $"{milliseconds} ms  {delivery.Receiver} <- {sender}: {Describe(delivery.Message)}";
        foreach (var effect in delivery.Effects)
        {
            yield return $"    {Describe(effect)}";
        }
    }

    private static string Describe(Effect effect) => effect switch
    {
        Send send => $"send {send.To}: {Describe(send.Message)}",
        Announce announce => $"announce {Describe(announce.Announcement)}",
        Log log => $"log {log.Sentence}",
        Refuse refuse => $"refuse {refuse.Message.GetType().Name}: {refuse.Reason}",
        ComputeGradient compute => $"compute gradient of step {compute.MiniBatch.Step} {compute.Range}",
        PrepareSamples prepare => $"prepare samples of step {prepare.MiniBatch.Step} {prepare.Range}",
        EvaluateBlocks evaluate => $"compute evaluation of version {evaluate.Version} blocks {evaluate.Blocks}",
        InitializeWeights => "compute initial weights",
        ReduceAndUpdate update => string.Create(
            CultureInfo.InvariantCulture, $"compute update of step {update.MiniBatch.Step} from {Join(update.Nodes.Select(held => held.Node))} rate {update.LearningRate}"),
        ContinueUpdate update => $"compute update of step {update.Step} after stage {update.Stage}",
        AbandonUpdate abandon => $"abandon update of step {abandon.Step}",
        SnapshotState snapshot => $"compute copy of the state at version {snapshot.Version}",
        RestoreState restore => $"compute state from version {restore.State.Version}",
        DropSnapshot drop => $"drop state of version {drop.Version}",
        PlaceShards placed => $"place {placed.Map}",
        ReleaseNode released => $"release {released.Node}",
        HashWeights hash => $"compute hash of version {hash.Version}",
        ReleaseGradient => "release gradient",
        DropWeights drop => $"drop version {drop.Version}",
        SaveCheckpoint save => $"save checkpoint after step {save.Checkpoint.Step}",
        LoadCheckpoint load => $"load checkpoint for {load.ShardCount} shards, incarnation {load.Incarnation}",
        WriteJournal write => $"journal {Describe(write.Entry)}",
        Retire => "retire",
        _ => effect.GetType().Name,
    };

    private static string Describe(Message message) => message switch
    {
        Welcome welcome => $"Welcome, session {welcome.Header.Session}",
        JoinRefused refused => $"JoinRefused: {refused.Reason}",
        ServerReady ready => $"ServerReady at version {ready.Version}",
        Subscribe subscribe => $"Subscribe, session {subscribe.Header.Session}",
        EndSession end => $"EndSession {end.Worker}, open: {JoinOrNothing(end.OpenRanges.Select(open => $"step {open.Step} {open.Range}"))}",
        StopAfter stop => $"StopAfter step {stop.Step}",
        ServerStopped stopped => $"ServerStopped at version {stopped.Version}",
        LeaveAsked asked => $"LeaveAsked: {asked.Reason}",
        LeaveRequested request => $"LeaveRequested: {request.Reason}",
        NodeLost lost => $"NodeLost {lost.Node}: {lost.Reason}",
        NodeLeaves leaves => $"NodeLeaves {leaves.Node}: {leaves.Reason}",
        ServerNodeJoined joined => $"ServerNodeJoined {joined.Node}",
        DeliverState deliver => $"DeliverState of version {deliver.Version}",
        StateSnapshotted snapshotted => $"StateSnapshotted at version {snapshotted.Version}",
        StateDelivered delivered => $"StateDelivered at version {delivered.State.Version}, {delivered.State.Ledger.Length} steps of the epoch",
        ResumeServing resume => $"ResumeServing from version {resume.State.Version}, incarnation {resume.Header.Incarnation}",
        UpdateStaged staged => $"UpdateStaged step {staged.Step} stage {staged.Stage}",
        StageSummed summed => $"StageSummed step {summed.Step} stage {summed.Stage}",
        WorkerLost lost => $"WorkerLost {lost.Worker}: {lost.Reason}",
        PlanStep plan => $"PlanStep {Describe(plan.MiniBatch)}{(plan.EndsEpoch ? ", ends its epoch" : "")}",
        AssignMicroBatches assign => $"AssignMicroBatches step {assign.MiniBatch.Step} {assign.Range} ({assign.Reason})",
        Contribution contribution => $"Contribution step {contribution.Step} {contribution.Node}",
        NodesMissing missing => $"NodesMissing step {missing.Step} {JoinOrNothing(missing.Nodes.Select(node => node.ToString()))} ({missing.Reason})",
        WeightsPublished published => $"WeightsPublished version {published.Version}",
        RequestWeights request => $"RequestWeights version {request.Version}",
        StepCommitted committed => $"StepCommitted step {committed.Step}{(committed.Record is { } record ? $": {Join(record.Entry.Nodes)}" : "")}",
        StepNotFinite broken => $"StepNotFinite step {broken.Step}, {(broken.Chunk is { } chunk ? $"chunk {chunk}" : "the loss")}",
        AssignEvaluation assign => $"AssignEvaluation version {assign.Version} blocks {assign.Blocks} ({assign.Reason})",
        EvaluationBlocksDone done => $"EvaluationBlocksDone version {done.Version}: {string.Join(' ', done.Blocks.Select(block => block.Block))}",
        WeightsDelivered delivered => $"WeightsDelivered version {delivered.Version}",
        ReleaseVersion release => $"ReleaseVersion version {release.Version}",
        GradientComputed computed => $"GradientComputed step {computed.Step} {computed.Range}",
        BlocksEvaluated evaluated => $"BlocksEvaluated version {evaluated.Version} blocks {evaluated.Range}",
        UpdateApplied applied => $"UpdateApplied step {applied.Step}",
        WeightsHashed hashed => $"WeightsHashed version {hashed.Version}",
        CheckpointSaved saved => $"CheckpointSaved after step {saved.Step}{(saved.Failure is { } failure ? $": {failure}" : "")}",
        CheckpointLoaded loaded => $"CheckpointLoaded {(loaded.Checkpoint is { } checkpoint ? $"after step {checkpoint.Step}" : "none")}, {loaded.Refused.Length} refused",
        WorkerAtFault fault => $"WorkerAtFault {fault.Worker}: {fault.Reason}",
        WeightsInitialized initialized => $"WeightsInitialized version {initialized.Version}",
        _ => message.GetType().Name,
    };

    private static string Describe(JournalEntry entry) => entry switch
    {
        IncarnationBegun begun => $"incarnation {begun.Incarnation} from step {begun.From}: {begun.Reason}",
        MembersChanged changed => $"members {JoinOrNothing(changed.Workers.Select(worker => worker.ToString()))}: {changed.Reason}",
        EpochRecorded epoch => $"epoch {epoch.Report.Epoch}",
        CheckpointRecorded checkpoint => $"checkpoint after step {checkpoint.Step}",
        RunEndRecorded end => $"end: {end.Outcome} after step {end.LastStep}",
        _ => entry.GetType().Name,
    };

    private static string Describe(Announcement announcement) => announcement switch
    {
        NoticeAnnounced notice => $"\"{notice.Sentence}\"",
        ProgressAnnounced progress => $"progress: epoch {progress.Epoch}, step {progress.Step} of {progress.TotalSteps}, {progress.SamplesDone} of {progress.SamplesTotal} samples",
        EpochAnnounced epoch => Describe(epoch.Report),
        RunEnded ended => $"the run has ended: {ended.Outcome} at version {ended.Version}{(ended.Explanation is null ? "" : $": {ended.Explanation}")}",
        _ => announcement.GetType().Name,
    };

    private static string Describe(EpochReport report)
    {
        var proof = report.Ledger;
        var shares = string.Join(", ", report.Workers.Select(share => $"{share.Worker} {share.MicroBatchesAccepted}"));
        return $"epoch {report.Epoch}: {report.Steps} steps, {proof.CountedSamples} of {proof.ExpectedSamples} samples, {proof.DuplicatedSamples} duplicated, "
            + $"{proof.LostSamples} lost, {proof.RecomputedSamples} recomputed; micro-batches: {shares}";
    }

    private static string Describe(MiniBatch batch) =>
        $"step {batch.Step}: epoch {batch.Epoch}, {batch.SampleCount} samples from {batch.FirstPosition}, {batch.MicroBatchCount} micro-batches";

    private static string Join(IEnumerable<TreeNode> nodes) => string.Join(' ', nodes);

    private static string Join(IEnumerable<AcceptedNode> nodes) => string.Join(' ', nodes.Select(accepted => $"{accepted.Node} by {accepted.Worker}"));

    private static string JoinOrNothing(IEnumerable<string> parts) => string.Join(' ', parts) is { Length: > 0 } text ? text : "nothing";
}
