using DistTrain.Actors;

namespace DistTrain.Simulation.Faults.Checks;

/// <summary>What people are told is what they would have been told of the undisturbed run: each epoch once a term, with the same figures and weights, and the same end.</summary>
public sealed class OutcomeCheck(Undisturbed expected) : RunCheck
{
    private readonly HashSet<(Term Term, int Epoch)> announced = [];
    private readonly HashSet<int> epochs = [];
    private bool hasEnded;

    public override void Observe(Observation observation)
    {
        if (observation is RunFoundEnded { Ending: var found })
        {
            var same = expected.Ending;
            Require((found.Outcome, found.WeightsHash) == (same.Outcome, same.WeightsHash), $"the journal says that the run ended as {found}, and undisturbed it ends as {FiguresOf(same)}");
            hasEnded = true;
        }

        if (observation is JournalRead { Past: var past })
        {
            // Who was killed between writing an epoch down and announcing it has announced it to the next one.
            foreach (var report in past.Epochs.Values)
            {
                epochs.Add(report.Epoch);
                CheckReport(report);
            }
        }

        if (observation is not CoordinatorAnnounced announcement)
        {
            return;
        }

        switch (announcement.Announcement)
        {
            case EpochAnnounced epoch:
                Require(announced.Add((announcement.Term, epoch.Report.Epoch)), $"epoch {epoch.Report.Epoch} is announced twice in term {announcement.Term}");
                epochs.Add(epoch.Report.Epoch);
                CheckReport(epoch.Report);
                break;
            case RunEnded { Outcome: RunOutcome.Cancelled } ended:
                Require(ended.Version.Value < expected.Weights.Length, $"the run is stopped at version {ended.Version}, which the undisturbed run does not have");
                break;
            case RunEnded ended:
                CheckEnd(ended);
                break;
        }
    }

    public override void End()
    {
        Require(hasEnded, "the run has not ended");
        foreach (var report in expected.Reports)
        {
            Require(epochs.Contains(report.Epoch), $"epoch {report.Epoch} was never announced");
        }
    }

    private void CheckReport(EpochReport report)
    {
        Require(report.Epoch <= expected.Reports.Length, $"epoch {report.Epoch} is announced, which the undisturbed run does not have");
        var same = expected.Reports[report.Epoch - 1];
        Require(report.WeightsHash == same.WeightsHash, $"epoch {report.Epoch} ends with the weights {report.WeightsHash}, and undisturbed with {same.WeightsHash}");
        Require(FiguresOf(report) == FiguresOf(same), $"epoch {report.Epoch} is announced as {FiguresOf(report)}, and undisturbed as {FiguresOf(same)}");
        var proof = report.Ledger;
        Require(
            (proof.CountedSamples, proof.DuplicatedSamples, proof.LostSamples) == (proof.ExpectedSamples, 0, 0) && proof.ExpectedSamples == same.Ledger.ExpectedSamples,
            $"the ledger of epoch {report.Epoch} proves {proof}");
    }

    private void CheckEnd(RunEnded ended)
    {
        var same = expected.Ending;
        Require(FiguresOf(ended) == FiguresOf(same), $"the run ends as {FiguresOf(ended)} ({ended.Explanation}), and undisturbed as {FiguresOf(same)}");
        hasEnded = true;
    }

    private static string FiguresOf(EpochReport report) => FormattableString.Invariant(
        $"{report.Steps} steps to {report.LastStep}, loss {report.TrainLoss:R}, accuracy {report.TrainAccuracy:R}, validation {FiguresOf(report.Validation)}, test {FiguresOf(report.Test)}, rate {report.LearningRate:R}, noise {report.Noise?.GradientSquaredNorm:R}/{report.Noise?.GradientVariance:R}/{report.Noise?.Steps}");

    private static string FiguresOf(RunEnded ended) => FormattableString.Invariant(
        $"{ended.Outcome} after {ended.EpochsCompleted} epochs and step {ended.LastStep}, version {ended.Version} of epoch {ended.RestoredEpoch}, weights {ended.WeightsHash}, test {FiguresOf(ended.Test)}");

    private static string FiguresOf(EvaluationSummary? summary) => summary is null ? "none" : FormattableString.Invariant($"{summary.MeanLoss:R}/{summary.Accuracy:R}/{summary.SampleCount}");
}
