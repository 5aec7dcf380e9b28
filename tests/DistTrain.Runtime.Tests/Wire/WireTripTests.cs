using DistTrain.Actors;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Wire;

public sealed class WireTripTests
{
    [Fact]
    public void Runs_in_tests_send_their_messages_as_bytes() => Assert.True(WireTrip.IsAsked);

    [Fact]
    public void A_message_comes_back_with_its_handle()
    {
        foreach (var message in MessageExamples.Actors)
        {
            Assert.Equal(RandomMessages.Describe(message), RandomMessages.Describe(WireTrip.Take(message)));
        }

        Assert.Equal(99, Assert.Single(MessageExamples.Actors.Select(WireTrip.Take).OfType<Contribution>()).Gradient.Value);
    }
}
