using DistTrain.Cli.Output;
using DistTrain.Learning;
using DistTrain.Runtime.Onnx;
using DistTrain.Runtime.RunDirectory;

namespace DistTrain.Cli.Commands;

/// <param name="Run">The run directory.</param>
/// <param name="Onnx">Where to write an ONNX file; null for nowhere.</param>
/// <param name="Safetensors">Where to write the model as it is stored; null for nowhere.</param>
public sealed record ExportRequest(string Run, string? Onnx, string? Safetensors, bool Json);

/// <summary>Writes a stored model as files for other programs.</summary>
public static class ExportCommand
{
    public static ExitCode Run(ExportRequest request, Host host)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(host);
        if (request.Onnx is null && request.Safetensors is null)
        {
            throw new CommandException(ExitCode.WrongUsage, "export needs --onnx FILE, --safetensors FILE or both: say what to write");
        }

        var run = RunReader.Read(request.Run);
        if (request.Onnx is not null)
        {
            Write(host, request, "onnx", request.Onnx, OnnxFile.OutputName(run.Model.Loss), () => OnnxFile.Write(request.Onnx, run.Model, run.Preprocessing.ClassNames, host.Version));
        }

        if (request.Safetensors is not null)
        {
            Write(host, request, "safetensors", request.Safetensors, null, () => ModelFile.Write(request.Safetensors, run.Model));
        }

        return ExitCode.Success;
    }

    private static void Write(Host host, ExportRequest request, string format, string path, string? output, Action write)
    {
        if (path.Length == 0)
        {
            throw new CommandException(ExitCode.WrongUsage, $"--{format} must name a file, but is empty");
        }

        try
        {
            write();
        }
        catch (InvalidInputException refusal)
        {
            throw new CommandException(ExitCode.WrongUsage, refusal.Message, refusal);
        }

        var bytes = new FileInfo(path).Length;
        host.Output.WriteLine(request.Json
            ? JsonEvents.Object(json =>
            {
                json.WriteString("format", format);
                json.WriteString("file", path);
                json.WriteNumber("bytes", bytes);
                json.WriteString("output", output);
            })
            : $"{path}: {RunText.Whole(bytes)} bytes{Remark(output)}");
    }

    private static string Remark(string? output) => output switch
    {
        null => "",
        "logits" => ", from 'input' to 'logits' (before the loss's own softmax or sigmoid); how samples were prepared is in its metadata",
        _ => $", from 'input' to '{output}'; how samples were prepared is in its metadata",
    };
}
