namespace DistTrain.Actors;

/// <summary>Evaluations: at the ends of epochs and within them, one at a time, and what they end.</summary>
public sealed partial class CoordinatorActor
{
    private OpenEvaluation? evaluation;
    private PendingStepEvaluation? evaluatedStep;

    private bool EvaluatesEpochs => definition.SampleCountOf(definition.EpochSplit) > 0;

    private void OpenEvaluationOf(int epoch, WeightVersion version, DataSplit split, string cause, EffectList effects)
    {
        var blockCount = EvaluationRule.BlockCount(definition.SampleCountOf(split), definition.EvaluationBlockSize);
        evaluation = new OpenEvaluation(epoch, version, split, blockCount);
        AssignBlocks([new WorkRange(0, blockCount)], cause, effects);
    }

    private void AssignBlocks(IEnumerable<WorkRange> ranges, string cause, EffectList effects)
    {
        if (evaluation is null || members.Count == 0)
        {
            return;
        }

        foreach (var range in ranges)
        {
            var decision = members.Assign(range);
            foreach (var part in decision.Ranges.Where(part => !part.Range.IsEmpty))
            {
                evaluation.Assign(part.Worker, part.Range);
                var (version, split) = (evaluation.Version, evaluation.Split);
                SendTo(
                    members.Find(part.Worker)!,
                    session => new AssignEvaluation(session, version, split, part.Range, $"{cause}: {decision.Reason}"),
                    effects);
            }
        }
    }

    private void HandleEvaluationBlocksDone(EvaluationBlocksDone done, EffectList effects)
    {
        if (evaluation is null || evaluation.Version != done.Version || evaluation.Split != done.Split)
        {
            effects.Refuse(done, $"no evaluation of version {done.Version} is open");
            return;
        }

        if (EvaluationRule.ReasonNotToFit(done.Blocks, definition.SampleCountOf(done.Split), definition.EvaluationBlockSize, definition.Metrics) is { } misfit)
        {
            effects.Refuse(done, misfit);
            return;
        }

        evaluation.Add(done.Blocks);
        if (evaluation.Decide(definition).Summary is { } summary)
        {
            EndEvaluation(evaluation, summary, effects);
        }
    }

    private void EndEvaluation(OpenEvaluation ended, EvaluationSummary summary, EffectList effects)
    {
        evaluation = null;
        if (phase == Phase.Concluding)
        {
            finalTest = summary;
            Finish(effects);
            return;
        }

        clock.EndEvaluation(now, nothingWasCommittedSince: committed.Makes == ended.Version);
        if (evaluatedStep?.Number.Makes == ended.Version && ended.Split == definition.EpochSplit)
        {
            evaluatedStep = evaluatedStep with { Found = summary };
            EndStepEvaluation(effects);
        }
        else if (ended.Split == definition.EpochSplit)
        {
            TallyOf(ended.Epoch).Evaluation = summary;
            ReportCompleteEpochs(effects);
        }
        else
        {
            bestTest = (ended.Version, summary);
            SaveIfComplete(effects);
            PlanMore(effects);
        }

        StopIfAtRest(effects);
        MoveIfDue(effects);
    }

    /// <summary>Tells what was found, and ends the run or goes on, once the step is committed as well.</summary>
    private void EndStepEvaluation(EffectList effects)
    {
        if (evaluatedStep is not { Found: { } found, Trained: { } trained } whole)
        {
            return;
        }

        evaluatedStep = null;
        effects.Announce(new StepEvaluated(whole.Step.MiniBatch.Epoch, whole.Number, trained.Samples, trained.MeanLoss, trained.Seconds, found)
        {
            Noise = definition.NoiseIntervalSteps is null ? null : trained.Noise.Read(definition.SampleCount),
        });
        if (phase == Phase.Training && definition.StepEvaluations!.ReasonToEnd(whole.Number, found) is { } reason)
        {
            effects.Notice($"{reason}: training stops");
            Conclude(stopsEarly: true, effects);
        }
        else
        {
            SaveIfComplete(effects);
            PlanMore(effects);
        }
    }

    private bool EndsRun(EpochReport report, EffectList effects)
    {
        var found = definition.EpochSplit == DataSplit.Validation ? report.Validation : report.Test;
        if (found is null || definition.StepEvaluations?.ReasonToEnd(new StepNumber(report.LastStep), found) is not { } reason)
        {
            return false;
        }

        effects.Notice($"{reason}: training stops");
        return true;
    }

    /// <summary>A run that returns to a checkpoint has no server that holds the best epoch's weights, so what the test part says of them is found out while there is one.</summary>
    private void TestBestForCheckpoints(WeightVersion version, EffectList effects)
    {
        if (TakesCheckpoints && definition.TestsAtTheEnd && decisions.Best is { } best && best.Version == version)
        {
            OpenEvaluationOf(best.Epoch, best.Version, DataSplit.Test, $"version {best.Version} may be left in the end, and a checkpoint holds what the test says of it", effects);
        }
    }
}
