using System.Collections.Immutable;

namespace DistTrain.Cli.Chaos;

/// <summary>Tells of a chaos run while it goes on. Calls come in order, from one thread.</summary>
internal interface IChaosReport
{
    /// <param name="folder">Where everything lies.</param>
    void Begin(ChaosRequest request, ImmutableArray<PlannedFault> planned, string folder);

    void ReferenceEnded(RunFacts reference, int workers, double seconds);

    void RoundBegins(int number, double at);

    void Made(FaultFacts fault);

    /// <summary>Something that nobody has asked for.</summary>
    void Incident(double at, string sentence);

    void RoundEnded(int number, RoundFacts round, double at);

    void End(ChaosFacts facts, ImmutableArray<string> reasons, double seconds);
}
