namespace DistTrain.Architecture.Tests;

/// <summary>What an actor must not use: clocks, tasks, threads, locks, generators of random numbers, and anything outside the process.</summary>
internal static class PurityRule
{
    private static readonly string[] ForbiddenNamespaces =
    [
        "System.IO", "System.Net", "System.Threading", "System.Timers", "System.Diagnostics", "System.Security.Cryptography",
    ];

    private static readonly HashSet<string> ForbiddenTypes =
    [
        "System.Console", "System.DateTime", "System.DateTimeOffset", "System.DateOnly", "System.TimeOnly", "System.TimeProvider", "System.Random", "System.Guid",
        "System.AppContext", "System.AppDomain",
    ];

    /// <summary>Attributes, which do nothing at run time.</summary>
    private const string AttributesNamespace = "System.Diagnostics.CodeAnalysis";

    /// <summary>The compiler asks for these itself: iterators for their thread, and attributes of its own.</summary>
    private static readonly HashSet<string> CompilerGenerated =
    [
        "System.Environment.get_CurrentManagedThreadId",
        "System.Diagnostics.DebuggableAttribute", "System.Diagnostics.DebuggableAttribute.DebuggingModes", "System.Diagnostics.DebuggerBrowsableAttribute",
        "System.Diagnostics.DebuggerBrowsableState", "System.Diagnostics.DebuggerHiddenAttribute",
    ];

    public static IEnumerable<string> Violations(AssemblyUse use)
    {
        var types = use.Types
            .Where(type => !CompilerGenerated.Contains(type.FullName) && type.Namespace != AttributesNamespace)
            .Where(type => ForbiddenTypes.Contains(type.FullName) || ForbiddenNamespaces.Any(forbidden => IsIn(type.Namespace, forbidden)))
            .Select(type => type.FullName);
        var members = use.Members
            .Where(member => member is { Namespace: "System", Type: "Environment" })
            .Select(member => member.ToString())
            .Where(member => !CompilerGenerated.Contains(member));
        return types.Concat(members).Distinct();
    }

    private static bool IsIn(string used, string forbidden) => used == forbidden || used.StartsWith(forbidden + ".", StringComparison.Ordinal);
}
