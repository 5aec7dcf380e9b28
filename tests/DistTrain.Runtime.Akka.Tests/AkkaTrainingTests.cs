using DistTrain.Tests.Shared;

namespace DistTrain.Runtime.Akka.Tests;

/// <summary>The scenarios of every runtime of several processes, on Akka.</summary>
public class AkkaTrainingTests : ClusterScenarios
{
    protected override IClusterProcess Start() => new AkkaTestProcess();
}
