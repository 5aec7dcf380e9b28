using System.Net;
using System.Net.Sockets;
using DistTrain.Learning;
using DistTrain.Runtime.Cluster;
using DistTrain.Runtime.Security;
using DistTrain.Tests.Shared;

namespace DistTrain.Runtime.Tests.Cluster;

/// <summary>The scenarios of every runtime of several processes, over the TCP runtime; and what concerns this one alone.</summary>
public class ClusterTrainingTests : ClusterScenarios
{
    protected override IClusterProcess Start() => new TcpProcess();

    [Fact]
    public void A_coordinator_that_is_not_there_is_waited_for_as_long_as_asked()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var port = ((IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();
        var settings = new MemberSettings
        {
            Coordinator = new HostAndPort("127.0.0.1", port),
            Role = MemberRole.Worker,
            Security = new ClusterSecurity { UsesTls = false },
            JoinTimeout = TimeSpan.FromMilliseconds(300),
        };

        Assert.Throws<InvalidInputException>(() => ClusterMember.Run(settings, "1.0", (_, _) => throw new InvalidOperationException("nothing was offered"), _ => { }, CancellationToken.None));
    }
}
