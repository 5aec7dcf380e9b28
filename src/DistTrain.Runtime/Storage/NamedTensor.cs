using System.Collections.Immutable;

namespace DistTrain.Runtime.Storage;

/// <summary>A tensor as a file holds it: its name, its shape and its values in row-major order.</summary>
/// <param name="Name">Unique within a file; not empty and not <c>__metadata__</c>, which the format keeps for itself.</param>
/// <param name="Shape">Extent of each axis, outermost first; empty for a scalar. An extent may be 0.</param>
/// <param name="Values">As many values as the product of <paramref name="Shape"/>.</param>
public sealed record NamedTensor(string Name, ImmutableArray<int> Shape, ReadOnlyMemory<float> Values);

/// <summary>All that a safetensors file says.</summary>
/// <param name="Metadata">The file's free text entries.</param>
/// <param name="Tensors">In the order of their bytes in the file, which for files of our own is graph order.</param>
public sealed record SafetensorsContent(ImmutableSortedDictionary<string, string> Metadata, ImmutableArray<NamedTensor> Tensors);
