using DistTrain.Tests.Shared;

namespace DistTrain.Learning.Tests.Engines;

/// <summary>The gradient check of every case in the registry.</summary>
public class OperationGradientTests
{
    public static TheoryData<string> Cases { get; } = [.. OperationCases.All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_parameters_gradient_equals_the_central_difference(string name)
    {
        foreach (var borders in (int[][])[[0, 1], [0, 5], [0, 1, 3, 6]])
        {
            var (error, where) = new GradientCheck(OperationCases.Find(name), borders).LargestError();
            Assert.True(error <= 1e-7, where);
        }
    }

    [Theory]
    [InlineData("batch-norm of features")]
    [InlineData("batch-norm in branches")]
    public void Batch_norm_without_variance_has_a_gradient(string name)
    {
        var (error, where) = new GradientCheck(OperationCases.Find(name), [0, 1, 4]).WithEqualSamples().LargestError();
        Assert.True(error <= 1e-7, where);
    }
}
