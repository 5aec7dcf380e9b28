using DistTrain.Actors;
using DistTrain.Learning.Metrics;

namespace DistTrain.Runtime.Wire;

/// <summary>What is reported of an epoch. Each kind once: how it is written, and behind that how it is read.</summary>
internal static class ReportParts
{
    /// <summary>Of a report without a noise scale, which is all that journals of earlier versions have.</summary>
    private const int FieldCount = 13;

    public static void Write(this MessagePackWriter writer, EpochReport report)
    {
        writer.WriteArrayHeader(report.Noise is null ? FieldCount : FieldCount + 1);
        writer.WriteInteger(report.Epoch);
        writer.WriteInteger(report.Steps);
        writer.WriteInteger(report.LastStep);
        writer.Write(report.Ledger);
        writer.WriteDouble(report.TrainLoss);
        writer.WriteOptional(report.TrainAccuracy);
        writer.WriteOptional(report.Validation);
        writer.WriteOptional(report.Test);
        writer.WriteDouble(report.LearningRate);
        writer.WriteDouble(report.TrainingSeconds);
        writer.WriteDouble(report.SamplesPerSecond);
        writer.WriteString(report.WeightsHash);
        writer.WriteArray(report.Workers, static (writer, share) => writer.Write(share));
        if (report.Noise is { } noise)
        {
            writer.Write(noise);
        }
    }

    public static EpochReport ReadEpochReport(this ref FieldReader reader)
    {
        var hasNoise = reader.BeginGroup("Report", FieldCount, FieldCount + 1) > FieldCount;
        var report = new EpochReport(
            reader.ReadInteger("Epoch"),
            reader.ReadInteger("Steps"),
            reader.ReadCounter("LastStep"),
            reader.ReadLedgerProof(),
            reader.ReadDouble("TrainLoss"),
            reader.ReadOptionalDouble("TrainAccuracy"),
            reader.ReadOptionalSummary("Validation"),
            reader.ReadOptionalSummary("Test"),
            reader.ReadDouble("LearningRate"),
            reader.ReadDouble("TrainingSeconds"),
            reader.ReadDouble("SamplesPerSecond"),
            reader.ReadText("WeightsHash"),
            reader.ReadArray("Workers", static (ref reader) => reader.ReadWorkerShare()))
        {
            Noise = hasNoise ? reader.ReadNoiseScale() : null,
        };
        reader.EndGroup();
        return report;
    }

    public static void WriteOptional(this MessagePackWriter writer, EvaluationSummary? summary)
    {
        if (summary is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(5);
        writer.WriteDouble(summary.MeanLoss);
        writer.WriteOptional(summary.Accuracy);
        writer.WriteInteger(summary.SampleCount);
        writer.WriteOptional(summary.Metrics);
        writer.WriteArray(summary.Activations, static (writer, health) => writer.Write(health));
    }

    public static EvaluationSummary? ReadOptionalSummary(this ref FieldReader reader, string field)
    {
        if (reader.ReadsNothing(field))
        {
            return null;
        }

        reader.BeginGroup(field, 5);
        var summary = new EvaluationSummary(
            reader.ReadDouble("MeanLoss"), reader.ReadOptionalDouble("Accuracy"), reader.ReadInteger("SampleCount"), reader.ReadOptionalMetrics())
        {
            Activations = reader.ReadArray("Activations", static (ref reader) => reader.ReadActivationHealth()),
        };
        reader.EndGroup();
        return summary;
    }

    private static void WriteOptional(this MessagePackWriter writer, SplitMetrics? metrics)
    {
        if (metrics is null)
        {
            writer.WriteNil();
            return;
        }

        writer.WriteArrayHeader(6);
        writer.WriteOptional((long?)metrics.TopK);
        writer.WriteOptional(metrics.TopKAccuracy);
        writer.WriteArray(metrics.Classes, static (writer, of) => writer.Write(of));
        writer.WriteOptional(metrics.MeanSquaredError);
        writer.WriteOptional(metrics.MeanAbsoluteError);
        writer.WriteOptional(metrics.Determination);
    }

    private static SplitMetrics? ReadOptionalMetrics(this ref FieldReader reader)
    {
        if (reader.ReadsNothing("Metrics"))
        {
            return null;
        }

        reader.BeginGroup("Metrics", 6);
        var metrics = new SplitMetrics
        {
            TopK = reader.ReadOptionalInteger("TopK"),
            TopKAccuracy = reader.ReadOptionalDouble("TopKAccuracy"),
            Classes = reader.ReadArray("Classes", static (ref reader) => reader.ReadClassMetrics()),
            MeanSquaredError = reader.ReadOptionalDouble("MeanSquaredError"),
            MeanAbsoluteError = reader.ReadOptionalDouble("MeanAbsoluteError"),
            Determination = reader.ReadOptionalDouble("Determination"),
        };
        reader.EndGroup();
        return metrics;
    }

    private static void Write(this MessagePackWriter writer, ClassMetrics of)
    {
        writer.WriteArrayHeader(3);
        writer.WriteInteger(of.Actual);
        writer.WriteInteger(of.Predicted);
        writer.WriteInteger(of.Correct);
    }

    private static ClassMetrics ReadClassMetrics(this ref FieldReader reader)
    {
        reader.BeginGroup("Classes", 3);
        var of = new ClassMetrics(reader.ReadCounter("Actual"), reader.ReadCounter("Predicted"), reader.ReadCounter("Correct"));
        reader.EndGroup();
        return of;
    }
}
