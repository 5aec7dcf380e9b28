using System.Globalization;

namespace DistTrain.Actors;

/// <summary>Counts the coordinators of a run: each new one takes the next term and refuses what belongs to an older one.</summary>
public readonly record struct Term(long Value) : IComparable<Term>
{
    public int CompareTo(Term other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(Term left, Term right) => left.Value < right.Value;

    public static bool operator >(Term left, Term right) => left.Value > right.Value;

    public static bool operator <=(Term left, Term right) => left.Value <= right.Value;

    public static bool operator >=(Term left, Term right) => left.Value >= right.Value;
}

/// <summary>Counts the lives of the parameter server's state in the whole run, over all terms. After a return to a checkpoint the numbers of steps repeat; the incarnation tells them apart.</summary>
public readonly record struct Incarnation(long Value) : IComparable<Incarnation>
{
    public int CompareTo(Incarnation other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(Incarnation left, Incarnation right) => left.Value < right.Value;

    public static bool operator >(Incarnation left, Incarnation right) => left.Value > right.Value;

    public static bool operator <=(Incarnation left, Incarnation right) => left.Value <= right.Value;

    public static bool operator >=(Incarnation left, Incarnation right) => left.Value >= right.Value;
}

/// <summary>One membership of one worker, given by the coordinator at its join. A worker that was lost and joins again has a new one. 0 where no worker is a party.</summary>
public readonly record struct SessionNumber(long Value) : IComparable<SessionNumber>
{
    public int CompareTo(SessionNumber other) => Value.CompareTo(other.Value);

    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(SessionNumber left, SessionNumber right) => left.Value < right.Value;

    public static bool operator >(SessionNumber left, SessionNumber right) => left.Value > right.Value;

    public static bool operator <=(SessionNumber left, SessionNumber right) => left.Value <= right.Value;

    public static bool operator >=(SessionNumber left, SessionNumber right) => left.Value >= right.Value;
}

/// <summary>Under whose authority a message was sent. Every message between actors carries it, and one with lower numbers than the receiver's is refused.</summary>
public readonly record struct Header(Term Term, Incarnation Incarnation, SessionNumber Session)
{
    /// <summary>Of a sender that has not been told anything yet; only a request to join may carry it.</summary>
    public static Header Unintroduced { get; }

    public Header For(SessionNumber session) => this with { Session = session };
}
