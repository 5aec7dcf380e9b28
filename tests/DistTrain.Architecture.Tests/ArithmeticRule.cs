namespace DistTrain.Architecture.Tests;

/// <summary>
/// What must not reach weights, rates, losses or decisions: functions whose last bits differ between libraries and processors. Square root, division, fused multiply-add and
/// what is exact come from the platform; the rest is our own.
/// </summary>
internal static class ArithmeticRule
{
    private static readonly HashSet<string> ExactOfMath = new(StringComparer.Ordinal)
    {
        "Abs", "BigMul", "BitDecrement", "BitIncrement", "Ceiling", "Clamp", "CopySign", "DivRem", "Floor", "FusedMultiplyAdd", "ILogB", "Max", "Min", "Round", "ScaleB", "Sign", "Sqrt",
        "Truncate",
    };

    private static readonly HashSet<string> Inexact = new(StringComparer.Ordinal)
    {
        "Acos", "AcosPi", "Acosh", "Asin", "AsinPi", "Asinh", "Atan", "Atan2", "Atan2Pi", "AtanPi", "Atanh", "Cbrt", "Cos", "CosPi", "Cosh", "Exp", "Exp10", "Exp10M1", "Exp2", "Exp2M1",
        "ExpM1", "Hypot", "Log", "Log10", "Log10P1", "Log2", "Log2P1", "LogP1", "Pow", "RootN", "Sin", "SinCos", "SinCosPi", "SinPi", "Sinh", "Tan", "TanPi", "Tanh",
    };

    private static readonly HashSet<string> IntegerTypes = new(StringComparer.Ordinal)
    {
        "BitOperations", "Byte", "Int16", "Int32", "Int64", "Int128", "IntPtr", "SByte", "UInt16", "UInt32", "UInt64", "UInt128", "UIntPtr", "IBinaryInteger", "IBinaryNumber",
    };

    public static IEnumerable<string> Violations(AssemblyUse use) => use.Members
        .Where(member => IsForbidden(member) || member.Namespace.StartsWith("System.Numerics.Tensors", StringComparison.Ordinal))
        .Select(member => member.ToString())
        .Distinct();

    private static bool IsForbidden(UsedMember member)
    {
        var isNumeric = member.Namespace is "System" || member.Namespace.StartsWith("System.Numerics", StringComparison.Ordinal);
        var isVector = member.Namespace.StartsWith("System.Runtime.Intrinsics", StringComparison.Ordinal)
            || (member.Namespace == "System.Numerics" && member.Type.StartsWith("Vector", StringComparison.Ordinal));
        if (member is { Namespace: "System", Type: "Math" or "MathF" })
        {
            return !ExactOfMath.Contains(member.Member);
        }

        // A sum or dot product of lanes has no promised order; an estimate or reciprocal has no promised bits.
        var isUnordered = isVector && member.Member is "Sum" or "Dot";
        var isEstimate = (isVector || isNumeric) && (member.Member.Contains("Estimate", StringComparison.Ordinal) || member.Member.StartsWith("Reciprocal", StringComparison.Ordinal));
        return isUnordered || isEstimate || ((isVector || isNumeric) && Inexact.Contains(member.Member) && !IntegerTypes.Contains(member.Type));
    }
}
