using System.Collections.Concurrent;
using DistTrain.Runtime.Compute;

namespace DistTrain.Runtime.Tests.Compute;

public class ComputePoolTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(9)]
    public void Shared_work_runs_each_part_once_and_then_completes(int threads)
    {
        using var completed = new ManualResetEventSlim();
        using var pool = new ComputePool(threads, failure => throw failure, spins: true);
        for (var round = 0; round < 200; round++)
        {
            var runs = new int[17];
            completed.Reset();
            pool.Share(runs.Length, part => Interlocked.Increment(ref runs[part]), completed.Set);
            Assert.True(completed.Wait(Patience));
            Assert.All(runs, count => Assert.Equal(1, count));
        }
    }

    [Fact]
    public void A_threads_own_work_runs_in_order_on_that_thread()
    {
        var order = new ConcurrentQueue<(int Number, int Thread)>();
        using var completed = new CountdownEvent(100);
        using var pool = new ComputePool(2, failure => throw failure, spins: true);
        for (var i = 0; i < 100; i++)
        {
            var number = i;
            pool.Enqueue(1, () =>
            {
                order.Enqueue((number, Environment.CurrentManagedThreadId));
                completed.Signal();
            });
        }

        Assert.True(completed.Wait(Patience));
        Assert.Equal(Enumerable.Range(0, 100), order.Select(entry => entry.Number));
        Assert.Single(order.Select(entry => entry.Thread).Distinct());
    }

    [Fact]
    public void Shared_work_is_done_while_one_thread_is_busy()
    {
        // The pool is declared last, so that its threads end before the events that they use.
        using var release = new ManualResetEventSlim();
        using var completed = new ManualResetEventSlim();
        using var pool = new ComputePool(2, failure => throw failure, spins: true);
        pool.Enqueue(0, () => release.Wait(Patience));
        pool.Share(8, _ => { }, completed.Set);
        Assert.True(completed.Wait(Patience));
        release.Set();
    }

    [Fact]
    public void What_work_throws_is_reported_and_the_rest_still_runs()
    {
        var failures = new ConcurrentQueue<string>();
        using var completed = new ManualResetEventSlim();
        using var pool = new ComputePool(1, failure => failures.Enqueue(failure.Message), spins: true);
        pool.Enqueue(0, () => throw new InvalidOperationException("own"));
        pool.Share(2, part => throw new InvalidOperationException($"part {part}"), completed.Set);
        Assert.True(completed.Wait(Patience));
        pool.Enqueue(0, completed.Reset);
        Assert.True(SpinWait.SpinUntil(() => !completed.IsSet, Patience));
        Assert.Equal(["own", "part 0", "part 1"], failures.Order());
    }

    [Fact]
    public void Shared_works_queue_up_and_all_complete()
    {
        var ended = new ConcurrentQueue<int>();
        using var completed = new CountdownEvent(50);
        using var pool = new ComputePool(2, failure => throw failure, spins: true);
        for (var i = 0; i < 50; i++)
        {
            var number = i;
            pool.Share(3, _ => { }, () =>
            {
                ended.Enqueue(number);
                completed.Signal();
            });
        }

        Assert.True(completed.Wait(Patience));
        Assert.Equal(Enumerable.Range(0, 50), ended.Order());
    }
}
