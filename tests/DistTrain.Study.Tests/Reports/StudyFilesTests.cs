using System.Globalization;
using System.Text;
using DistTrain.Learning;
using DistTrain.Study.Experiments;
using DistTrain.Study.Reports.Pages;
using DistTrain.Study.Reports.Studies;
using FsCheck;
using FsCheck.Fluent;

namespace DistTrain.Study.Tests.Reports;

public class StudyFilesTests
{
    [Fact]
    public void A_study_is_read_as_it_was_written()
    {
        var study = new SyntheticStudy { BatchSizes = [8, 64, 1294], TrialsPerBatch = 8 }.Make();
        study = study with { Trials = study.Trials.SetItem(0, study.Trials[0] with { Curve = [new CurvePoint(1, 8, 0.1, 0.2, double.NaN, double.PositiveInfinity, null), .. study.Trials[0].Curve] }) };
        var text = StudyJson.Write(study);
        var again = StudyJson.Read(text, "study.json");
        Assert.Equal(text, StudyJson.Write(again));
        Assert.Equal(study.Goal, again.Goal);
        Assert.Equal(study.Settings.AsEnumerable(), again.Settings);
        Assert.Equal(study.Fit.CriticalBatchSizeInterval, again.Fit.CriticalBatchSizeInterval);
        Assert.Equal(study.Fit.Residuals, again.Fit.Residuals);
        Assert.Equal(study.Trials.Select(trial => (trial.Key, trial.Status, trial.Request.LearningRate, trial.Request.Seed, trial.Steps, trial.StepsToGoal)), again.Trials.Select(trial => (trial.Key, trial.Status, trial.Request.LearningRate, trial.Request.Seed, trial.Steps, trial.StepsToGoal)));
        Assert.Equal(study.Trials.SelectMany(trial => trial.Curve), again.Trials.SelectMany(trial => trial.Curve));
        Assert.Equal(study.Trials.SelectMany(trial => trial.Noise), again.Trials.SelectMany(trial => trial.Noise));
        Assert.Equal(study.Batches.Select(batch => (batch.BatchSize, batch.StepsToGoal, batch.RateRange, batch.NoiseScaleAtGoal)), again.Batches.Select(batch => (batch.BatchSize, batch.StepsToGoal, batch.RateRange, batch.NoiseScaleAtGoal)));
        Assert.Equal(StudyTables.Files(study).AsEnumerable(), StudyTables.Files(again));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("{\"format\": 2}")]
    [InlineData("{\"format\": 1}")]
    [InlineData("{\"format\": 1, \"study\": {\"title\": \"x\"}}")]
    [InlineData("{\"epochs\": 3}")]
    public void What_is_no_study_is_refused_in_a_sentence(string text)
    {
        var refusal = Assert.Throws<InvalidInputException>(() => StudyJson.Read(text, "other.json"));
        Assert.Contains("other.json", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', refusal.Message);
    }

    [Fact]
    public void Trials_measurements_noise_and_summary_have_a_row_for_each_and_the_numbers_of_the_study()
    {
        var study = new SyntheticStudy { BatchSizes = [8, 64, 1294], TrialsPerBatch = 8 }.Make();
        var files = StudyTables.Files(study).ToDictionary(file => file.FileName, file => file.Content);
        Assert.Equal(["measurements.csv", "noise.csv", "study.json", "summary.csv", "trials.csv"], files.Keys.Order(StringComparer.Ordinal));
        var (trials, measurements, noise, summary) = (Parse(files["trials.csv"]), Parse(files["measurements.csv"]), Parse(files["noise.csv"]), Parse(files["summary.csv"]));
        Assert.Equal(study.Trials.Length, trials.Count - 1);
        Assert.Equal(study.Trials.Sum(trial => trial.Curve.Length), measurements.Count - 1);
        Assert.Equal(study.Trials.Sum(trial => trial.Noise.Length), noise.Count - 1);
        Assert.Equal(study.Batches.Length, summary.Count - 1);
        Assert.Equal(study.Trials.Select(trial => trial.Request.LearningRate), Column(trials, "learning-rate"));
        Assert.Equal(study.Trials.Where(trial => trial.StepsToGoal is not null).Select(trial => (double)trial.StepsToGoal!.Value), Column(trials, "steps_to_goal"));
        Assert.Equal(study.Trials.Select(trial => trial.TrainSeconds), Column(trials, "train_seconds"));
        Assert.Equal(study.Trials.SelectMany(trial => trial.Curve).Select(point => point.ValidationLoss), Column(measurements, "validation_loss"));
        Assert.Equal(study.Batches.Where(batch => batch.StepsToGoal.Median is not null).Select(batch => batch.StepsToGoal.Median!.Value), Column(summary, "steps_to_goal_median"));
        Assert.Equal(study.Trials.Count(trial => trial.Status == TrialStatus.Diverged), trials.Skip(1).Count(row => row[trials[0].IndexOf("status")] == "diverged"));
    }

    [Fact]
    public void Any_cell_is_read_as_it_was_written()
    {
        var cells = Gen.Elements("a", ",", "\"", "\n", "\r\n", " ", "ü", "<b>", "0.1", "'").ListOf(6).Select(string.Concat);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300).WithReplay(7, 1), Prop.ForAll(cells.Three().ToArbitrary(), row =>
        {
            var table = new DataTable("t", ["x", "y", "z"], [[row.Item1, row.Item2, row.Item3], ["", "1", "2"]]);
            var read = Parse(table.ToCsv());
            Assert.Equal([row.Item1, row.Item2, row.Item3], read[1]);
            Assert.Equal(["", "1", "2"], read[2]);
        }));
    }

    private static IEnumerable<double> Column(List<List<string>> rows, string name) => rows.Skip(1).Select(row => row[rows[0].IndexOf(name)]).Where(cell => cell.Length > 0).Select(cell => double.Parse(cell, CultureInfo.InvariantCulture));

    /// <summary>A reader of RFC 4180 that knows nothing of the writer.</summary>
    private static List<List<string>> Parse(string text)
    {
        var rows = new List<List<string>>();
        var row = new List<string>();
        var cell = new StringBuilder();
        var isQuoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '"' when isQuoted && i + 1 < text.Length && text[i + 1] == '"':
                    cell.Append('"');
                    i++;
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case ',' when !isQuoted:
                    row.Add(cell.ToString());
                    cell.Clear();
                    break;
                case '\n' when !isQuoted:
                    row.Add(cell.ToString());
                    cell.Clear();
                    rows.Add(row);
                    row = [];
                    break;
                default:
                    cell.Append(text[i]);
                    break;
            }
        }

        return rows;
    }
}
