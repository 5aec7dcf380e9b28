using System.Collections.Concurrent;
using System.Diagnostics;

namespace DistTrain.Runtime.Tests.Support;

/// <summary>Other implementations of formats, by way of a Python that has their packages.</summary>
internal static class PythonProgram
{
    private static readonly string[] Candidates = ["/usr/bin/python3", "python3"];

    /// <summary>By modules: an interpreter that can import them is looked for once a process.</summary>
    private static readonly ConcurrentDictionary<string, string?> Found = new(StringComparer.Ordinal);

    /// <summary>An interpreter that can import the modules; null if there is none.</summary>
    public static string? With(string modules) =>
        Found.GetOrAdd(modules, wanted => Array.Find(Candidates, candidate => Start(candidate, "-c", $"import {wanted}") is { ExitCode: 0 }));

    /// <summary>Runs a script of the test project, and gives what it printed; a script that ends with anything but 0 fails the test.</summary>
    public static string Run(string modules, string script, params string[] arguments)
    {
        var (exitCode, output) = Start(With(modules)!, [Path.Combine(AppContext.BaseDirectory, script), .. arguments]);
        Assert.True(exitCode == 0, output);
        return output;
    }

    private static (int ExitCode, string Output) Start(string program, params string[] arguments)
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

/// <summary>A test that needs Python modules, skipped with a reason where they are missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    /// <param name="modules">What is imported, separated by commas.</param>
    /// <param name="package">Debian's package that has them.</param>
    public PythonFactAttribute(string modules, string package)
    {
        Modules = modules;
        Package = package;
        Skip = PythonProgram.With(modules) is null ? $"Python cannot import {modules} (on Debian: apt-get install {package})" : null;
    }

    public string Modules { get; }

    public string Package { get; }
}
