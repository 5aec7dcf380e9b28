namespace DistTrain.Actors;

/// <summary>Fencing: messages under an older authority are refused.</summary>
public static class HeaderRule
{
    /// <summary>Null if the message may be acted upon, otherwise why not.</summary>
    /// <param name="own">Under which authority the receiver acts; its session is 0 where it speaks with no worker.</param>
    /// <param name="received">The message's.</param>
    public static string? ReasonToRefuse(Header own, Header received)
    {
        if (received.Term != own.Term)
        {
            return received.Term < own.Term
                ? $"it is of term {received.Term}, which ended with term {own.Term}"
                : $"it is of term {received.Term}, which has not been announced here: this is term {own.Term}";
        }

        if (received.Incarnation != own.Incarnation)
        {
            return received.Incarnation < own.Incarnation
                ? $"it is of incarnation {received.Incarnation}, which ended with incarnation {own.Incarnation}"
                : $"it is of incarnation {received.Incarnation}, which has not been announced here: this is incarnation {own.Incarnation}";
        }

        return received.Session == own.Session ? null : $"it is of session {received.Session}, but the session is {own.Session}";
    }
}
