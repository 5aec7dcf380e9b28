using DistTrain.Cli.Cluster;
using DistTrain.Cli.Configuration;
using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Configuration;

public class ClusterConfigFileTests
{
    public static TheoryData<string> Names => ["local.yaml", "docker.yaml"];

    [Theory]
    [MemberData(nameof(Names))]
    public void It_sets_only_what_differs_from_the_defaults_each_with_its_reason_above(string name)
    {
        var lines = File.ReadAllLines(Repository.File("cluster-config", name));
        var keyLines = Enumerable.Range(0, lines.Length).Where(i => lines[i].Length > 0 && char.IsAsciiLetter(lines[i][0])).ToArray();
        Assert.NotEmpty(keyLines);
        Assert.All(keyLines, i => Assert.StartsWith("# ", lines[i - 1], StringComparison.Ordinal));

        var configuration = Read(name);
        var differing = ConfigurationKeys.All.Where(key => !Equals(key.Get(TrainConfiguration.Default), key.Get(configuration))).Select(key => key.Name);
        Assert.Equal(differing.Order(), keyLines.Select(i => lines[i].Split(':')[0]).Order());
    }

    [Fact]
    public void The_local_one_starts_worker_processes_and_waits_for_all_of_them()
    {
        var plan = Assert.IsType<Clustered>(ClusterPlan.Of(Read("local.yaml")));
        Assert.True(plan.ProcessesToStart > 1);
        Assert.Equal(plan.ProcessesToStart, plan.MinimumWorkers);
    }

    [Fact]
    public void The_one_for_containers_listens_on_all_networks_with_credentials()
    {
        var configuration = Read("docker.yaml");
        var plan = Assert.IsType<Clustered>(ClusterPlan.Of(configuration));
        Assert.Equal("0.0.0.0", plan.Listen.Host);
        Assert.Equal(0, plan.ProcessesToStart);
        Assert.NotNull(configuration.ClusterFolder);
        Assert.False(configuration.IsInsecure);
    }

    /// <summary>Image, compose file and manifests name the ports and the folder again; a container that asks elsewhere would wait for ever.</summary>
    [Fact]
    public void Containers_are_set_up_for_its_ports_and_its_folder()
    {
        var configuration = Read("docker.yaml");
        var join = $"coordinator:{configuration.Listen!.Port}";
        var health = $"127.0.0.1:{configuration.Health!.Port}";
        Assert.Contains(join, Text("docker", "compose.yaml"), StringComparison.Ordinal);
        Assert.Contains($"\"{health}\"", Text("docker", "compose.yaml"), StringComparison.Ordinal);
        Assert.Contains($"\"{health}\"", Text("docker", "Dockerfile"), StringComparison.Ordinal);
        Assert.Contains($"EXPOSE {configuration.Listen.Port} {configuration.Health.Port}", Text("docker", "Dockerfile"), StringComparison.Ordinal);
        Assert.Contains(join, Text("docker", "kubernetes", "worker.yaml"), StringComparison.Ordinal);
        Assert.Contains($"containerPort: {configuration.Listen.Port}", Text("docker", "kubernetes", "coordinator.yaml"), StringComparison.Ordinal);
        Assert.Contains($"containerPort: {configuration.Health.Port}", Text("docker", "kubernetes", "coordinator.yaml"), StringComparison.Ordinal);
        Assert.Contains($"cluster:{configuration.ClusterFolder}:ro", Text("docker", "compose.yaml"), StringComparison.Ordinal);
        Assert.Contains($"mountPath: {configuration.ClusterFolder},", Text("docker", "kubernetes", "coordinator.yaml"), StringComparison.Ordinal);
    }

    private static TrainConfiguration Read(string name) => ConfigurationFile.Read(Repository.File("cluster-config", name), TrainConfiguration.Default);

    private static string Text(params string[] path) => File.ReadAllText(Repository.File(path));
}
