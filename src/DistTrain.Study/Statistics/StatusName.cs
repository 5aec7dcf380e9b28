using DistTrain.Learning;

namespace DistTrain.Study.Statistics;

/// <summary>Names of states as files and JSON have them: <c>budget_exhausted</c>, <c>stability_limited</c>.</summary>
public static class StatusName
{
    public static string Of<T>(T status)
        where T : struct, Enum =>
        string.Concat(status.ToString().Select((letter, i) => char.IsUpper(letter) ? (i > 0 ? "_" : "") + char.ToLowerInvariant(letter) : letter.ToString()));

    /// <exception cref="InvalidInputException">There is no such state.</exception>
    public static T Parse<T>(string name)
        where T : struct, Enum
    {
        foreach (var status in Enum.GetValues<T>())
        {
            if (Of(status) == name)
            {
                return status;
            }
        }

        throw new InvalidInputException($"'{name}' is not one of {string.Join(", ", Enum.GetValues<T>().Select(Of))}");
    }
}
