using DistTrain.Actors;
using DistTrain.Runtime.Recovery;
using Form = DistTrain.Runtime.Wire.MessageForm<DistTrain.Actors.JournalEntry>;

namespace DistTrain.Runtime.Wire;

/// <summary>What coordinators write down. Kinds 160 to 175; files of earlier versions are read with the same numbers.</summary>
internal static class JournalForms
{
    public static MessageTable<JournalEntry> Table { get; } = new(
        Form.Of<TermBegun>(160, 2,
            static (writer, begun) =>
            {
                writer.WriteString(begun.Format);
                writer.WriteInteger(begun.Term.Value);
            },
            static (ref reader) => new TermBegun(reader.ReadText("Format"), new Term(reader.ReadCounter("Term")))),

        Form.Of<IncarnationBegun>(161, 3,
            static (writer, begun) =>
            {
                writer.WriteInteger(begun.Incarnation.Value);
                writer.Write(begun.From);
                writer.WriteSentence(begun.Reason);
            },
            static (ref reader) => new IncarnationBegun(new Incarnation(reader.ReadCounter("Incarnation")), reader.ReadStep(least: 0), reader.ReadSentence("Reason"))),

        Form.Of<MembersChanged>(162, 2,
            static (writer, changed) =>
            {
                writer.WriteArray(changed.Workers, static (writer, worker) => writer.Write(worker));
                writer.WriteSentence(changed.Reason);
            },
            static (ref reader) => new MembersChanged(reader.ReadArray("Workers", static (ref reader) => reader.ReadWorker()), reader.ReadSentence("Reason"))),

        Form.Of<EpochRecorded>(163, 1,
            static (writer, recorded) => writer.Write(recorded.Report),
            static (ref reader) => new EpochRecorded(reader.ReadEpochReport())),

        Form.Of<CheckpointRecorded>(164, 1,
            static (writer, recorded) => writer.Write(recorded.Step),
            static (ref reader) => new CheckpointRecorded(reader.ReadStep(least: 0))),

        Form.Of<RunEndRecorded>(165, 3,
            static (writer, end) =>
            {
                writer.WriteInteger((int)end.Outcome);
                writer.Write(end.LastStep);
                writer.WriteString(end.WeightsHash);
            },
            static (ref reader) => new RunEndRecorded(
                (RunOutcome)reader.ReadInteger("Outcome", (int)RunOutcome.Completed, (int)RunOutcome.Contradicted), reader.ReadStep(least: 0), reader.ReadText("WeightsHash"))));
}
