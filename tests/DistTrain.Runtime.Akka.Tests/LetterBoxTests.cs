using DistTrain.Runtime.Links;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>Letters arrive once and in order, whatever Akka.Remote loses or brings twice.</summary>
public class LetterBoxTests
{
    [Fact]
    public void Letters_and_receipts_that_are_lost_or_come_twice_leave_no_trace()
    {
        var random = new Random(7);
        var (sender, receiver) = (new LetterBox(new LinkLimits()), new LetterBox(new LinkLimits()));
        var arrived = new List<int>();
        for (var i = 0; arrived.Count < 1000; i++)
        {
            if (i < 1000)
            {
                sender.Add(BitConverter.GetBytes(i));
            }

            // Everything that has no receipt goes out; a third of it is lost, a third comes twice.
            foreach (var (number, message) in sender.Unreceived().ToArray().SelectMany(letter => Enumerable.Repeat(letter, random.Next(3))))
            {
                if (receiver.Arrive(number) == Arrival.Due)
                {
                    arrived.Add(BitConverter.ToInt32(message));
                }
            }

            if (random.Next(3) == 0)
            {
                sender.Acknowledge(receiver.Received);
            }
        }

        sender.Acknowledge(receiver.Received);
        Assert.Equal(Enumerable.Range(0, 1000), arrived);
        Assert.True(sender.IsSettled);
    }

    [Fact]
    public void A_letter_whose_receipt_was_lost_is_told_of_again()
    {
        var box = new LetterBox(new LinkLimits());
        Assert.Equal(Arrival.Due, box.Arrive(1));
        box.Told();
        Assert.False(box.IsReceiptDue(atOnce: false));

        Assert.Equal(Arrival.Again, box.Arrive(1));

        Assert.True(box.IsReceiptDue(atOnce: false));
    }

    [Fact]
    public void A_letter_behind_one_that_is_missing_waits_until_that_has_come()
    {
        var box = new LetterBox(new LinkLimits());

        Assert.Equal([Arrival.Early, Arrival.Due, Arrival.Due], new[] { 2L, 1, 2 }.Select(box.Arrive));
    }

    [Fact]
    public void The_first_receipt_is_due_at_once_and_others_after_a_while()
    {
        var box = new LetterBox(new LinkLimits());
        box.Arrive(1);
        Assert.True(box.IsReceiptDue(atOnce: true));
        box.Told();
        box.Arrive(2);
        Assert.Equal((false, true), (box.IsReceiptDue(atOnce: true), box.IsReceiptDue(atOnce: false)));
    }

    [Fact]
    public void More_than_may_wait_is_said_and_what_cannot_have_come_is_refused()
    {
        var box = new LetterBox(new LinkLimits { MaximumQueuedMessages = 2 });
        box.Add([1]);
        box.Add([2]);
        Assert.Null(box.Overflow);
        box.Add([3]);
        Assert.Equal("3 messages of 3 bytes wait for it, and it does not take them", box.Overflow);
        Assert.Throws<WireFormatException>(() => box.Acknowledge(4));
    }
}
