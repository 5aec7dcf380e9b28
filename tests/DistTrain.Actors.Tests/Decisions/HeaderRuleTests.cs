namespace DistTrain.Actors.Tests.Decisions;

public class HeaderRuleTests
{
    [Theory]
    [InlineData(2, 3, 4, null)]
    [InlineData(1, 3, 4, "it is of term 1, which ended with term 2")]
    [InlineData(3, 3, 4, "it is of term 3, which has not been announced here: this is term 2")]
    [InlineData(2, 2, 4, "it is of incarnation 2, which ended with incarnation 3")]
    [InlineData(2, 4, 4, "it is of incarnation 4, which has not been announced here: this is incarnation 3")]
    [InlineData(2, 3, 1, "it is of session 1, but the session is 4")]
    [InlineData(1, 9, 9, "it is of term 1, which ended with term 2")]
    public void Only_the_own_authority_is_obeyed(long term, long incarnation, long session, string? expected) =>
        Assert.Equal(expected, HeaderRule.ReasonToRefuse(Of(2, 3, 4), Of(term, incarnation, session)));

    private static Header Of(long term, long incarnation, long session) => new(new Term(term), new Incarnation(incarnation), new SessionNumber(session));
}
