using System.Collections.Immutable;
using DistTrain.Study.Experiments;

namespace DistTrain.Study.Tests.Experiments;

public class TrialStoreTests
{
    [Fact]
    public void A_result_is_read_back_exactly()
    {
        using var folder = new TemporaryFolder();
        var trial = Trial("a") with
        {
            Curve = [new CurvePoint(1, 8, 0.1 + 0.2, 1e-300, null, double.NaN, 1.0 / 3)],
            Noise = [new NoisePoint(1, -0.5, 2, null)],
            DivergedStep = 7,
            Explanation = "\"quoted\"\n",
        };
        using (var store = new TrialStore(folder.Path))
        {
            Assert.True(store.Claim("a"));
            store.Add(trial);
        }

        using var again = new TrialStore(folder.Path);
        Assert.Equal(TrialJson.Write(trial), TrialJson.Write(again.Find("a")!));
    }

    [Fact]
    public void A_trial_is_claimed_by_one_and_free_when_it_is_given_back()
    {
        using var folder = new TemporaryFolder();
        using var one = new TrialStore(folder.Path);
        using (var other = new TrialStore(folder.Path))
        {
            Assert.True(one.Claim("a"));
            Assert.False(other.Claim("a"));
            one.Release("a");
            Assert.True(other.Claim("a"));
        }

        Assert.True(one.Claim("a"));
    }

    [Fact]
    public void What_a_dead_process_had_claimed_is_free()
    {
        using var folder = new TemporaryFolder();
        using var store = new TrialStore(folder.Path);
        using var gone = System.Diagnostics.Process.Start("true");
        gone.WaitForExit();
        File.WriteAllText(Path.Combine(folder.Path, "claims", "a"), $"{Environment.MachineName} {gone.Id}");
        Assert.True(store.Claim("a"));

        File.WriteAllText(Path.Combine(folder.Path, "claims", "b"), "another-machine 1");
        Assert.False(store.Claim("b"));
        File.SetLastWriteTimeUtc(Path.Combine(folder.Path, "claims", "b"), DateTime.UtcNow.AddMinutes(-5));
        Assert.True(store.Claim("b"));
    }

    [Fact]
    public void What_others_write_is_seen_and_damage_is_passed_over()
    {
        using var folder = new TemporaryFolder();
        using var one = new TrialStore(folder.Path);
        using var other = new TrialStore(folder.Path);
        other.Add(Trial("a"));
        var file = Assert.Single(Directory.GetFiles(Path.Combine(folder.Path, "trials")));
        File.WriteAllText(Path.Combine(folder.Path, "trials", "damaged.jsonl"), "nonsense\n{}\n" + File.ReadAllText(file).Replace("\"a\"", "\"b\"", StringComparison.Ordinal) + "{\"key\":\"c\"");
        one.Read();
        Assert.NotNull(one.Find("a"));
        Assert.NotNull(one.Find("b"));
        Assert.Null(one.Find("c"));
    }

    private static TrialResult Trial(string key) => new()
    {
        Key = key,
        Request = new TrialRequest(TrialPhase.Tuning, 0, 8, 1, ImmutableSortedDictionary<string, string>.Empty.Add("learning-rate", "0.1"), 10),
        Status = TrialStatus.Reached,
        Steps = 1,
        Samples = 8,
        Epochs = 0.5,
        TrainSeconds = 1,
        EvaluationSeconds = 1,
    };
}
