using System.Collections.Immutable;

namespace DistTrain.Learning.Graph;

/// <summary>
/// Long short-term memory over a sequence [steps, features]: Hochreiter and Schmidhuber, "Long short-term memory", 1997, with the forget gate of Gers, Schmidhuber, Cummins, "Learning to forget", 2000.
/// A sample of one axis counts as [steps, 1], an image [height, width, channels] as [height, width·channels].
/// </summary>
/// <remarks>
/// <para>
/// With H units, weights Wx [features, 4H] and Wh [H, 4H] and one bias [4H], whose columns are the gates i, f, g, o in this order (PyTorch's), at step t = 1 … T:
/// z = x·Wx + h₍t₋₁₎·Wh + b; i, f, o = sigmoid of their parts of z, g = tanh of its part; c = fma(f, c₍t₋₁₎, i·g); h = o·tanh(c). The state before the first step is zero, and its terms are left out:
/// the first c is i·g. Each z is one chain of fused multiply-adds from zero, over the features in order, then over the units of h₍t₋₁₎ in order; the bias is added last.
/// </para>
/// <para>
/// Backward through all steps, from the last: dh = dy + Σ dz₍t₊₁₎·Whᵀ (over the 4H columns in order, from zero; without dy where the step's output is not given, without the sum at the last step);
/// with e = tanh(c), dc = fma(dh·o, fma(−e, e, 1), dc₍t₊₁₎·f₍t₊₁₎), at the last step the product alone; dz = (dc·g)·fma(−i, i, i), (dc·c₍t₋₁₎)·fma(−f, f, f) (0 at the first step), (dc·i)·fma(−g, g, 1),
/// (dh·e)·fma(−o, o, o). The gradients of the weights and the bias are sums over samples in order, within a sample over steps from the first; in that of Wh the zero state before the first step takes part.
/// </para>
/// </remarks>
/// <param name="Units">H.</param>
/// <param name="ReturnsAllSteps">Whether the output is h of every step, [steps, units], or of the last one, [units].</param>
/// <param name="WeightInitializer">Of Wx and Wh, with the fans of one gate.</param>
/// <param name="ForgetBias">Where the forget gate's bias starts, the others at 0: at 1 the memory is open at first (Jozefowicz, Zaremba, Sutskever, "An empirical exploration of recurrent network architectures", 2015).</param>
public sealed record LstmOperation(int Units, bool ReturnsAllSteps, Initializer WeightInitializer, double ForgetBias = LstmOperation.DefaultForgetBias) : UnaryOperation
{
    public const double DefaultForgetBias = 1;
    private const int GateCount = 4;

    public override string Kind => "lstm";

    public override TensorShape OutputShape(TensorShape input) => ReturnsAllSteps ? new TensorShape(StepsOf(input), Units) : new TensorShape(Units);

    public override ImmutableArray<ParameterDeclaration> Parameters(TensorShape input)
    {
        var features = FeaturesOf(input);
        return
        [
            new ParameterDeclaration("input-weight", new TensorShape(features, GateCount * Units), WeightInitializer, new Fans(features, Units)),
            new ParameterDeclaration("hidden-weight", new TensorShape(Units, GateCount * Units), WeightInitializer, new Fans(Units, Units)),
            new ParameterDeclaration("bias", new TensorShape(GateCount * Units), new ForgetGateInitializer(ForgetBias), new Fans(features, Units)),
        ];
    }

    public static int StepsOf(TensorShape input) => input[0];

    public static int FeaturesOf(TensorShape input) => input.ElementCount / input[0];
}

/// <summary>The bias of an LSTM: <paramref name="Value"/> for the forget gate, which is the second of four, 0 for the others.</summary>
public sealed record ForgetGateInitializer(double Value) : Initializer
{
    public override void Fill(Span<float> destination, TensorShape shape, Fans fans, ulong seed, int tensorIndex)
    {
        var units = destination.Length / 4;
        destination.Clear();
        destination.Slice(units, units).Fill((float)Value);
    }
}
