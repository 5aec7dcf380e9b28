using DistTrain.Cli.Tests.Support;

namespace DistTrain.Cli.Tests.Commands;

/// <summary>The command; what stands in an ONNX file is tested where it is written.</summary>
public sealed class ExportCommandTests : IDisposable
{
    private readonly Sandbox sandbox = new();

    public void Dispose() => sandbox.Dispose();

    [Fact]
    public void A_run_is_written_in_both_formats()
    {
        Assert.Equal(ExitCode.Success, sandbox.Train("--epochs", "0").ExitCode);
        var exported = sandbox.Run("export", sandbox.At("run"), "--onnx", sandbox.At("a.onnx"), "--safetensors", sandbox.At("a.safetensors"), "--json");
        Assert.Equal("", exported.Error);
        Assert.Equal(["onnx", "safetensors"], exported.JsonLines.Select(line => line.GetProperty("format").GetString()));
        Assert.Equal("logits", exported.JsonLines[0].GetProperty("output").GetString());
        Assert.Equal(File.ReadAllBytes(Path.Combine(sandbox.At("run"), "model.safetensors")), File.ReadAllBytes(sandbox.At("a.safetensors")));

        // Protocol buffers have no magic number; the first field is the format's version, the names are plain text.
        var onnx = File.ReadAllBytes(sandbox.At("a.onnx"));
        Assert.Equal([8, 7], onnx[..2]);
        Assert.All(["Gemm"u8.ToArray(), "logits"u8.ToArray(), "data-hash"u8.ToArray()], word => Assert.True(onnx.AsSpan().IndexOf(word) > 0));
        Assert.Equal(onnx.Length, exported.JsonLines[0].GetProperty("bytes").GetInt64());
        Assert.Contains("before the loss's own softmax", sandbox.Run("export", sandbox.At("run"), "--onnx", sandbox.At("b.onnx")).Output, StringComparison.Ordinal);
        Assert.Equal(onnx, File.ReadAllBytes(sandbox.At("b.onnx")));
    }

    [Fact]
    public void What_cannot_be_written_is_refused_in_one_sentence()
    {
        Assert.Equal(ExitCode.Success, sandbox.Train("--epochs", "0").ExitCode);
        Assert.Contains("--onnx FILE", sandbox.Run("export", sandbox.At("run")).AssertRefused(ExitCode.WrongUsage), StringComparison.Ordinal);
        sandbox.Run("export", sandbox.At("run"), "--onnx", "").AssertRefused(ExitCode.WrongUsage);
        sandbox.Run("export", sandbox.At("run"), "--onnx", sandbox.At("no/such/folder.onnx")).AssertRefused(ExitCode.WrongUsage);
        sandbox.Run("export", sandbox.At("run"), "--safetensors", sandbox.Folder).AssertRefused(ExitCode.WrongUsage);
        sandbox.Run("export", sandbox.At("nowhere"), "--onnx", sandbox.At("a.onnx")).AssertRefused(ExitCode.RunDirectory);
    }
}
