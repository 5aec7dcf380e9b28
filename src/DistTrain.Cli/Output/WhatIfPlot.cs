namespace DistTrain.Cli.Output;

internal static class WhatIfPlot
{
    public static string Html(WhatIfTable table) => table.Model;
}
