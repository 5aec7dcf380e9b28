namespace DistTrain.Cli.Configuration;

/// <summary>The fewest insertions, deletions and replacements that turn one word into another. Levenshtein 1966; Wagner and Fischer 1974.</summary>
internal static class EditDistance
{
    private const int LongestWord = 64;

    public static int Between(string left, string right)
    {
        if (left.Length > LongestWord || right.Length > LongestWord)
        {
            return int.MaxValue;
        }

        var row = Enumerable.Range(0, right.Length + 1).ToArray();
        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var replaced = diagonal + (left[i - 1] == right[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(replaced, Math.Min(row[j], row[j - 1]) + 1);
            }
        }

        return row[^1];
    }
}
