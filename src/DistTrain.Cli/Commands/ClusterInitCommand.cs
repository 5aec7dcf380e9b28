using System.Globalization;
using DistTrain.Cli.Output;
using DistTrain.Runtime.Security;

namespace DistTrain.Cli.Commands;

/// <param name="Folder">Where the credentials go.</param>
/// <param name="Days">How long the certificates hold.</param>
public sealed record ClusterInitRequest(string Folder, int Days, ExistingCredentials Existing, bool Json);

/// <summary>Makes the credentials of a cluster.</summary>
public static class ClusterInitCommand
{
    public const string DefaultFolder = "cluster";

    /// <summary>Two years: longer than most clusters live, and short enough that a copy that went astray is not good for ever.</summary>
    public const int DefaultDays = 730;

    public const int MaximumDays = 36_500;

    public static ExitCode Run(ClusterInitRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);

        // The true time, whatever the host's says: TLS asks that clock as well.
        var now = DateTimeOffset.UtcNow;
        var isNew = Stage.Configuration(() => CredentialWriter.Write(request.Folder, now, TimeSpan.FromDays(request.Days), request.Existing));
        var loaded = Stage.Configuration(() => ClusterCredentials.Load(request.Folder, now.UtcDateTime));
        foreach (var warning in loaded.Warnings)
        {
            host.Error.WriteLine($"disttrain: {warning}");
        }

        if (request.Json)
        {
            host.Output.WriteLine(JsonEvents.Object(json =>
            {
                json.WriteString("folder", request.Folder);
                json.WriteBoolean("new", isNew);
                json.WriteString("validUntil", loaded.Security.Certificate?.NotAfter.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture));
            }));
        }
        else if (isNew)
        {
            Tell(request, host.Output);
        }
        else
        {
            host.Output.WriteLine($"{request.Folder}: credentials are there already and can be used; nothing was changed");
        }

        return ExitCode.Success;
    }

    private static void Tell(ClusterInitRequest request, TextWriter output)
    {
        var files = new CredentialFiles(request.Folder);
        output.WriteLine($"Made the credentials of a new cluster, good for {request.Days} days:");
        (string File, string What)[] rows =
        [
            (files.Secret, "what every process of the cluster proves to know, without ever sending it"),
            (files.Authority, "the authority's certificate: peers must show one that it has signed"),
            (files.Node, "the certificate that every node shows"),
            (files.NodeKey, "its key"),
            (files.AuthorityKey, "the authority's key: makes more certificates; no node needs it, so keep it away from them"),
        ];
        var width = rows.Max(row => row.File.Length);
        foreach (var (file, what) in rows)
        {
            output.WriteLine($"  {file.PadRight(width)}  {what}");
        }

        output.WriteLine();
        output.WriteLine("Copy the folder to every machine over a safe way (all files but the authority's key), then:");
        output.WriteLine($"  disttrain train --listen 0.0.0.0:7000 --min-workers 2 --cluster-folder {request.Folder}");
        output.WriteLine($"  disttrain worker --join HOST:7000 --cluster-folder {request.Folder}");
    }
}
