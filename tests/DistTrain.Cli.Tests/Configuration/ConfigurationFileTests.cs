using DistTrain.Cli.Configuration;
using DistTrain.Learning;
using DistTrain.Learning.Graph;

namespace DistTrain.Cli.Tests.Configuration;

public class ConfigurationFileTests
{
    private static TrainConfiguration Parse(string yaml) => ConfigurationFile.Parse("my.yaml", new StringReader(yaml), TrainConfiguration.Default);

    private static string Refusal(string yaml) => Assert.Throws<InvalidInputException>(() => Parse(yaml)).Message;

    [Fact]
    public void Keys_that_the_file_has_are_taken_and_others_keep_their_defaults()
    {
        var expected = TrainConfiguration.Default with { BatchSize = 64, LearningRate = 1e-3, Label = "species", Header = true, MicroBatches = 8, Seed = ulong.MaxValue };
        Assert.Equal(expected, Parse("batch-size: 64\nlearning-rate: 1e-3\nlabel: \"species\"\nheader: yes\nmicro-batches: 8\nseed: 18446744073709551615\n"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("# nothing but a comment\n")]
    [InlineData("---\n")]
    public void A_file_without_keys_changes_nothing(string yaml) => Assert.Equal(TrainConfiguration.Default, Parse(yaml));

    [Fact]
    public void A_model_is_a_short_form_or_a_list_of_layers()
    {
        Assert.Equal(ModelSpecification.Parse("mlp-tanh:8,4"), Parse("model: mlp-tanh:8,4").Model);
        var layers = Parse("model:\n- flatten\n- dense: {units: 5, initializer: xavier-normal}\n- tanh\n- output: {initializer: zeros}\n").Model;
        Assert.Equal(
            new ModelSpecification(
            [
                new("flatten"),
                new LayerSpecification("dense").With("units", 5).With("initializer", "xavier-normal"),
                new("tanh"),
                new LayerSpecification("output").With("initializer", "zeros"),
            ]),
            layers);
    }

    [Theory]
    [InlineData("epochs: 3\nbach-size: 4", "my.yaml line 2: unknown key 'bach-size' (did you mean 'batch-size'?)")]
    [InlineData("quite-something-else: 4", "my.yaml line 1: unknown key 'quite-something-else': the keys are data, label")]
    [InlineData("\n\nbatch-size: many", "my.yaml line 3: batch-size must be a whole number of at least 1, but is 'many'")]
    [InlineData("batch-size: 1.5", "my.yaml line 1: batch-size must be a whole number of at least 1, but is '1.5'")]
    [InlineData("batch-size: 0", "my.yaml line 1: batch-size must be at least 1, but is 0")]
    [InlineData("batch-size: 99999999999", "my.yaml line 1: batch-size must be at most 2147483647, but is 99999999999")]
    [InlineData("batch-size: \"32\"", "my.yaml line 1: batch-size must be written without quotes, but is the text \"32\"")]
    [InlineData("batch-size: [1, 2]", "my.yaml line 1: batch-size must be a single value, but is a list")]
    [InlineData("batch-size: {a: 2}", "my.yaml line 1: batch-size must be a single value, but is a map")]
    [InlineData("batch-size:\nepochs: 3", "my.yaml line 1: batch-size has no value")]
    [InlineData("learning-rate: .nan", "my.yaml line 1: learning-rate must be a number above 0, but is '.nan'")]
    [InlineData("learning-rate: NaN", "my.yaml line 1: learning-rate must be a finite number above 0, but is NaN")]
    [InlineData("learning-rate: 1e999", "my.yaml line 1: learning-rate must be a finite number above 0, but is 1e999")]
    [InlineData("header: perhaps", "my.yaml line 1: header must be yes, no or auto, but is 'perhaps'")]
    [InlineData("optimizer: adman", "my.yaml line 1: optimizer must be one of sgd, momentum, nesterov, adagrad, adadelta, rmsprop, adam, adamax, nadam, amsgrad, adamw, lars, lamb, but is 'adman'")]
    [InlineData("model: perceptron", "my.yaml line 1: model is not usable: unknown model 'perceptron'")]
    [InlineData("model:\n- flatten\n- dens: {units: 3}", "my.yaml line 3: unknown layer kind 'dens'")]
    [InlineData("model:\n- dense: {unit: 3}", "my.yaml line 2: unit of layer 'dense' is not known")]
    [InlineData("model:\n- dense: {units: 0}", "my.yaml line 2: units of layer 'dense' must be a whole number of at least 1, but is '0'")]
    [InlineData("model:\n- relu: {units: 3}", "my.yaml line 2: units of layer 'relu' is not known: this kind of layer has no settings")]
    [InlineData("model:\n- output: {units: 3}", "my.yaml line 2: units of layer 'output' is not known")]
    [InlineData("model:\n- dense: {units: 3}\n  relu: {}", "my.yaml line 2: a layer is a word")]
    [InlineData("- epochs", "my.yaml line 1: a configuration is a list of lines 'key: value'")]
    [InlineData("just words", "my.yaml line 1: a configuration is a list of lines 'key: value'")]
    [InlineData("epochs: 3\nepochs: 4", "my.yaml line 2: the key 'epochs' is already given on line 1")]
    [InlineData("epochs: 3\n---\nepochs: 4", "my.yaml line 2: a second document begins here")]
    [InlineData("epochs: &a 3\nworkers: *a", "my.yaml line 1: anchors, aliases and tags are not used")]
    [InlineData("epochs: !!int 3", "my.yaml line 1: anchors, aliases and tags are not used")]
    [InlineData("epochs: 3\n\tworkers: 2", "my.yaml line 1: this is not valid YAML")]
    [InlineData("epochs: [3", "my.yaml line 2: this is not valid YAML")]
    public void What_is_not_possible_is_refused_with_file_and_line(string yaml, string expectedStart) =>
        Assert.StartsWith(expectedStart, Refusal(yaml), StringComparison.Ordinal);

    [Fact]
    public void Deep_nesting_is_refused_before_it_can_exhaust_the_stack() =>
        Assert.Contains("nested more than 16 deep", Refusal($"model: {new string('[', 100_000)}"), StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_and_a_folder_are_refused_by_name()
    {
        var missing = Path.Combine(Path.GetTempPath(), "no-such-configuration.yaml");
        Assert.Contains($"{missing} does not exist", Assert.Throws<InvalidInputException>(() => ConfigurationFile.Read(missing, TrainConfiguration.Default)).Message, StringComparison.Ordinal);
        Assert.Contains("it is a folder", Assert.Throws<InvalidInputException>(() => ConfigurationFile.Read(Path.GetTempPath(), TrainConfiguration.Default)).Message, StringComparison.Ordinal);
    }
}
