using DistTrain.Actors;

namespace DistTrain.Runtime.Recovery;

/// <summary>The first record of a term's file.</summary>
/// <param name="Format">Of all that follows.</param>
internal sealed record TermBegun(string Format, Term Term) : JournalEntry
{
    public const string CurrentFormat = "disttrain-journal-1";
}
