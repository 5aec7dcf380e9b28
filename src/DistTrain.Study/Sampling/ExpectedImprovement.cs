using MathNet.Numerics.Distributions;

namespace DistTrain.Study.Sampling;

/// <summary>By how much a trial is expected to be better than the best so far.</summary>
public static class ExpectedImprovement
{
    /// <summary>
    /// E max(0, best − f) for f normal: σ (z Φ(z) + φ(z)) with z = (best − mean)/σ. J. Mockus, V. Tiesis, A. Zilinskas, "The application of Bayesian methods for seeking the
    /// extremum", 1978; D. R. Jones, M. Schonlau, W. J. Welch, "Efficient Global Optimization of Expensive Black-Box Functions", 1998, equation 15.
    /// </summary>
    /// <param name="best">The least value so far; what is minimised.</param>
    /// <returns>At least 0.</returns>
    public static double Of(Prediction prediction, double best)
    {
        var deviation = prediction.Deviation;
        if (deviation == 0)
        {
            return Math.Max(0, best - prediction.Mean);
        }

        var z = (best - prediction.Mean) / deviation;
        return Math.Max(0, deviation * ((z * Normal.CDF(0, 1, z)) + Normal.PDF(0, 1, z)));
    }
}
