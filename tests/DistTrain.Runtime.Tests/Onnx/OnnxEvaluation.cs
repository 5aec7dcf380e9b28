using System.Diagnostics;

namespace DistTrain.Runtime.Tests.Onnx;

/// <summary>Another program's opinion of ONNX files: the checker of Python's onnx package, and an evaluator in NumPy (<c>evaluate_onnx.py</c>).</summary>
internal static class OnnxEvaluation
{
    private static readonly string[] Candidates = ["/usr/bin/python3", "python3"];

    private static readonly Lazy<string?> Interpreter = new(() => Array.Find(Candidates, candidate => Run(candidate, "-c", "import onnx, numpy") is { ExitCode: 0 }));

    public static bool IsPossible => Interpreter.Value is not null;

    /// <summary>Checks and evaluates every file of a folder; see the script.</summary>
    public static void Evaluate(string folder)
    {
        var (exitCode, output) = Run(Interpreter.Value!, Path.Combine(AppContext.BaseDirectory, "Onnx", "evaluate_onnx.py"), folder);
        Assert.True(exitCode == 0, output);
    }

    private static (int ExitCode, string Output) Run(string program, params string[] arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output + error.GetAwaiter().GetResult());
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return (-1, missing.Message);
        }
    }
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class OnnxFactAttribute : FactAttribute
{
    public OnnxFactAttribute()
    {
        Skip = OnnxEvaluation.IsPossible ? null : "Python's packages onnx and numpy are not installed (on Debian: apt-get install python3-onnx)";
    }
}
