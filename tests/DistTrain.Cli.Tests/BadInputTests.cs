using System.IO.Compression;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests;

/// <summary>Whatever is wrong: one sentence, a documented exit code, no stack trace, nothing on standard output.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Theory]
    [InlineData("--batch-size 0", "--batch-size must be at least 1, but is 0")]
    [InlineData("--batch-size -5", "--batch-size must be at least 1, but is -5")]
    [InlineData("--batch-size ten", "--batch-size must be a whole number of at least 1, but is 'ten'")]
    [InlineData("--epochs -1", "--epochs must be at least 0, but is -1")]
    [InlineData("--workers 0", "--workers must be at least 1, but is 0")]
    [InlineData("--micro-batches 0", "--micro-batches must be at least 1, but is 0")]
    [InlineData("--seed -1", "--seed must be at least 0, but is -1")]
    [InlineData("--learning-rate 0", "--learning-rate must be a finite number above 0, but is 0")]
    [InlineData("--learning-rate -0.1", "--learning-rate must be a finite number above 0, but is -0.1")]
    [InlineData("--learning-rate NaN", "--learning-rate must be a finite number above 0, but is NaN")]
    [InlineData("--learning-rate Infinity", "--learning-rate must be a finite number above 0, but is Infinity")]
    [InlineData("--learning-rate 0,1", "--learning-rate must be a number above 0, but is '0,1'")]
    [InlineData("--momentum 1", "--momentum must be a finite number from 0 to below 1, but is 1")]
    [InlineData("--beta2 NaN", "--beta2 must be a finite number from 0 to below 1, but is NaN")]
    [InlineData("--epsilon 0", "--epsilon must be a finite number above 0, but is 0")]
    [InlineData("--test-ratio 1", "--test-ratio must be a finite number above 0 and below 1, but is 1")]
    [InlineData("--optimizer sdg", "--optimizer must be one of sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamax, nadam, amsgrad, adamw, lars, lamb, but is 'sdg'")]
    [InlineData("--weight-decay -1", "--weight-decay must be a finite number of at least 0, but is -1")]
    [InlineData("--clip-norm no", "--clip-norm must be a number of at least 0, but is 'no'")]
    [InlineData("--rho 1", "--rho must be a finite number from 0 to below 1, but is 1")]
    [InlineData("--trust-coefficient 0", "--trust-coefficient must be a finite number above 0, but is 0")]
    [InlineData("--schedule linear", "--schedule must be one of constant, step, multi-step, exponential, polynomial, cosine, one-cycle, plateau, but is 'linear'")]
    [InlineData("--loss hinge", "--loss must be one of binary-cross-entropy, cross-entropy, dice, huber, mae, mse, but is 'hinge'")]
    [InlineData("--schedule multi-step", "the multi-step schedule needs milestones")]
    [InlineData("--schedule multi-step --schedule-milestones 5,3", "--schedule-milestones must be rising whole numbers")]
    [InlineData("--schedule multi-step --schedule-milestones 3,30", "the multi-step schedule's milestone after epoch 30 never takes effect: the run has 30 epochs")]
    [InlineData("--schedule one-cycle --schedule-cycle-epochs 31", "the one-cycle schedule is 31 epochs long, but the run has 30 epochs")]
    [InlineData("--warmup-epochs 30", "the warm-up of 30 epochs is not over before the run is, which has 30 epochs or 1350 steps")]
    [InlineData("--warmup-steps 1350", "the warm-up of 1350 steps is not over before the run is")]
    [InlineData("--warmup-steps 5 --warmup-epochs 1", "the warm-up is given both as 5 steps and as 1 epochs")]
    [InlineData("--schedule plateau", "the schedule 'plateau' looks at validation-loss, but no samples are kept for validation")]
    [InlineData("--batch-schedule plateau", "the batch schedule 'plateau' looks at validation-loss, but no samples are kept for validation")]
    [InlineData("--batch-schedule step --batch-growth-epochs 30", "the batch would never grow")]
    [InlineData("--batch-schedule step --batch-size-maximum 32", "the batch cannot grow: its largest size is 32")]
    [InlineData("--stop-metric validation-loss", "early stopping looks at validation-loss, but no samples are kept for validation: keep some (validation-ratio: 0.1), or let it look at train-loss")]
    [InlineData("--stop-metric validation-r2 --validation-ratio 0.1", "early stopping looks at validation-r2, which this data does not have")]
    [InlineData("--stop-metric loss", "--stop-metric is not usable: unknown metric 'loss'")]
    [InlineData("--memory 2GB", "--memory must be a size such as 512MiB or 2GiB, but is '2GB'")]
    [InlineData("--memory 99999999999999999999999999GiB", "--memory must be a size such as")]
    [InlineData("--memory 1KiB", "a micro-batch of 16 samples needs ")]
    [InlineData("--memory 1KiB --micro-batches 32", "a micro-batch of 2 samples needs ")]
    [InlineData("--validation-ratio 1", "--validation-ratio must be a finite number from 0 to below 1, but is 1")]
    [InlineData("--engine gpu", "--engine must be one of simd, reference, but is 'gpu'")]
    [InlineData("--runtime tcp", "--runtime must be one of in-process, deterministic, akka, but is 'tcp'")]
    [InlineData("--model mlp:", "--model is not usable: model 'mlp:': '' is not a layer width")]
    [InlineData("--model mlp:-3", "--model is not usable: model 'mlp:-3': '-3' is not a layer width")]
    [InlineData("--model mlp:100000,100000", "a tensor of shape [100000, 100000]")]
    [InlineData("--data nowhere", "The data source 'nowhere' is of an unknown kind")]
    [InlineData("--label species", "the setting 'label' is for csv data only, but the data is digits")]
    [InlineData("--bach-size 3", "unknown option '--bach-size' (did you mean '--batch-size'?)")]
    [InlineData("something", "unknown argument 'something'")]
    [InlineData("--epochs", "Required argument missing for option: '--epochs'")]
    [InlineData("--epochs 1 --epochs 2", "Option '--epochs' expects a single argument but 2 were provided")]
    [InlineData("--config missing.yaml", "the configuration file missing.yaml does not exist")]
    public void A_training_that_is_not_possible_is_refused_as_wrong_usage(string arguments, string expectedStart)
    {
        var outcome = sandbox.Run(["train", "--run", sandbox.At("run"), .. arguments.Split(' ')]);
        Assert.StartsWith($"disttrain: {expectedStart}", outcome.AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.False(Directory.Exists(sandbox.At("run")), "nothing was trained, so there is no run");
    }

    [Fact]
    public void An_empty_value_is_refused()
    {
        Assert.Contains("--data must not be empty", sandbox.Run("train", "--data", "").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        Assert.Contains("--run must name a folder", sandbox.Run("train", "--run", "").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_with_an_at_sign_is_no_file_of_arguments() =>
        Assert.Contains("'@x'", sandbox.Run("train", "--data", "@x").AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);

    [Fact]
    public void A_wrong_key_in_a_file_names_file_and_line()
    {
        var file = sandbox.Write("my.yaml", "epochs: 3\nworker: 2\n");
        Assert.Contains($"{file} line 2: unknown key 'worker' (did you mean 'workers'?)", sandbox.Run("train", "--config", file).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("frobnicate")]
    [InlineData("--frobnicate")]
    [InlineData("evaluate")]
    [InlineData("inspect")]
    [InlineData("predict RUN")]
    [InlineData("predict RUN --label x")]
    [InlineData("evaluate RUN --epochs 3")]
    [InlineData("cluster")]
    [InlineData("cluster initialize")]
    [InlineData("cluster init --days 0")]
    [InlineData("cluster init --days 99999")]
    [InlineData("cluster init --force --if-missing")]
    public void A_command_line_that_is_not_possible_is_refused(string arguments)
    {
        var outcome = sandbox.Run(arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(ExitCode.WrongUsage, outcome.ExitCode);
        Assert.Equal("", outcome.Output);
        Assert.NotEqual("", outcome.Error);
        Assert.DoesNotContain("   at ", outcome.Error, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> BadTables => new()
    {
        { "a,b,label\n1,2,x\n3,4\n", "csv", "ragged" },
        { "a,b,label\n1,2,x\n3,many,y\n", "csv", "text where a number belongs" },
        { "a,b,label\n1,2,x\n3,NaN,y\n", "csv", "NaN" },
        { "", "csv", "empty" },
        { "a,b,label\n", "csv", "a heading only" },
        { "a,b,label\n1,2,x\n1,2,y\n", "csv --label nowhere", "no such column" },
        { "a,b,label\n1,2,x\n1,2,y\n", "csv --task regression", "a class where a value belongs" },
        { "", "mnist", "no such folder" },
        { "", "idx", "no such folder" },
    };

    [Theory]
    [MemberData(nameof(BadTables))]
    public void Bad_data_is_refused_with_a_code_of_its_own(string content, string source, string why)
    {
        var file = sandbox.Write("table.csv", content);
        var words = source.Split(' ');
        var data = words[0] == "csv" ? $"csv:{file}" : $"{words[0]}:{sandbox.At("nowhere")}";
        var outcome = sandbox.Run(["train", "--run", sandbox.At("run"), "--data", data, .. words[1..]]);
        Assert.NotEqual("", why);
        outcome.AssertRefused(ExitCode.BadData);
        Assert.False(Directory.Exists(sandbox.At("run")), "nothing was trained, so there is no run");
    }

    [Theory]
    [InlineData("magic")]
    [InlineData("truncated")]
    [InlineData("counts")]
    [InlineData("label")]
    [InlineData("missing")]
    [InlineData("gzip")]
    public void Bad_images_are_refused_with_a_code_of_their_own(string fault)
    {
        byte[] images = [0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2, .. new byte[16]];
        byte[] labels = [0, 0, 8, 1, 0, 0, 0, 4, 1, 2, 3, 4];
        var folder = Directory.CreateDirectory(sandbox.At("mnist")).FullName;
        void Put(string name, byte[] content)
        {
            using var stream = new GZipStream(File.Create(Path.Combine(folder, name + ".gz")), CompressionLevel.Fastest);
            stream.Write(content);
        }

        Put("train-images-idx3-ubyte", fault switch { "magic" => [9, 9, 9, 9, .. images[4..]], "truncated" => images[..20], _ => images });
        Put("train-labels-idx1-ubyte", fault switch { "counts" => [0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3], "label" => [.. labels[..8], 1, 2, 3, 200], _ => labels });
        Put("t10k-images-idx3-ubyte", images);
        if (fault == "gzip")
        {
            File.WriteAllText(Path.Combine(folder, "t10k-labels-idx1-ubyte.gz"), "no gzip");
        }
        else if (fault != "missing")
        {
            Put("t10k-labels-idx1-ubyte", labels);
        }

        sandbox.Run("train", "--run", sandbox.At("run"), "--data", $"mnist:{folder}").AssertRefused(ExitCode.BadData);
    }

    [Fact]
    public void Cross_entropy_for_values_is_refused_with_what_to_use()
    {
        var file = sandbox.Write("table.csv", string.Concat(Enumerable.Range(0, 50).Select(i => $"{i},{i * 2}.5\n")));
        var outcome = sandbox.Run("train", "--data", $"csv:{file}", "--task", "regression", "--loss", "cross-entropy", "--run", sandbox.At("run"));
        Assert.Contains("mse", outcome.AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
    }

    [Fact]
    public void A_run_directory_with_something_in_it_is_never_written_over()
    {
        Directory.CreateDirectory(sandbox.At("run"));
        sandbox.Write("run/notes.txt", "mine");
        var sentence = sandbox.Train().AssertRefused(ExitCode.RunDirectory);
        Assert.Contains("is not empty", sentence, StringComparison.Ordinal);
        Assert.Equal(["notes.txt"], Directory.GetFiles(sandbox.At("run")).Select(Path.GetFileName));
    }

    [Theory]
    [InlineData("file")]
    [InlineData("file/below")]
    [InlineData("/proc/disttrain-run")]
    public void A_run_directory_that_cannot_be_made_is_refused_before_the_training(string directory)
    {
        sandbox.Write("file", "");
        sandbox.Trainer = (_, _, _, _, _) => throw new InvalidOperationException("the training has begun");
        sandbox.Run("train", "--run", Path.Combine(sandbox.Folder, directory)).AssertRefused(ExitCode.RunDirectory);
    }

    [Theory]
    [InlineData("evaluate")]
    [InlineData("predict")]
    [InlineData("inspect")]
    public void A_run_that_is_missing_torn_or_changed_is_refused(string command)
    {
        string[] line = command == "predict" ? [command, sandbox.At("run"), "--data", "digits"] : [command, sandbox.At("run")];
        Assert.Contains(sandbox.At("run"), sandbox.Run(line).AssertRefused(ExitCode.RunDirectory), StringComparison.Ordinal);

        sandbox.Train();
        Assert.Equal(ExitCode.Success, sandbox.Run(line).ExitCode);
        var model = sandbox.At("run/model.safetensors");
        var bytes = File.ReadAllBytes(model);
        File.WriteAllBytes(model, bytes[..^7]);
        sandbox.Run(line).AssertRefused(ExitCode.RunDirectory);

        bytes[^5] ^= 1;
        File.WriteAllBytes(model, bytes);
        if (command != "inspect")
        {
            Assert.Contains("has been changed", sandbox.Run(line).AssertRefused(ExitCode.RunDirectory), StringComparison.Ordinal);
        }

        File.Delete(model);
        sandbox.Run(line).AssertRefused(ExitCode.RunDirectory);
    }
}
