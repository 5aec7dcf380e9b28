using System.Buffers;
using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using DistTrain.Learning;

namespace DistTrain.Runtime.Storage;

/// <summary>What a safetensors file says of one tensor without reading its values.</summary>
/// <param name="Name">Unique within the file.</param>
/// <param name="ElementType">The format's name for it, for example <c>F32</c>.</param>
/// <param name="Shape">Extent of each axis, outermost first; empty for a scalar.</param>
/// <param name="ElementCount">The product of <paramref name="Shape"/>.</param>
/// <param name="Begin">Offset in bytes of the first value, counted from the end of the header.</param>
/// <param name="End">Offset in bytes just behind the last value, counted from the end of the header.</param>
public sealed record SafetensorsEntry(string Name, string ElementType, ImmutableArray<int> Shape, long ElementCount, long Begin, long End);

/// <summary>
/// The JSON part of a safetensors file: for each tensor its type, shape and place, and free text under <c>__metadata__</c>.
/// Format: https://github.com/huggingface/safetensors, section "Format".
/// </summary>
/// <param name="Metadata">The file's free text entries.</param>
/// <param name="Entries">In the order of their bytes in the file.</param>
public sealed record SafetensorsHeader(ImmutableSortedDictionary<string, string> Metadata, ImmutableArray<SafetensorsEntry> Entries)
{
    /// <summary>The only element type that is read and written: IEEE binary32, little-endian.</summary>
    public const string Float32 = "F32";

    /// <summary>Longest header that is accepted, in bytes; the format's own reader has the same bound.</summary>
    public const int MaximumLengthBytes = 100_000_000;

    internal const string MetadataKey = "__metadata__";
    private const int AlignmentBytes = 8;
    private const int MaximumRank = 32;

    // Types of the published format, with the bits of an element: known, so that their sizes are checked, though not read.
    private static readonly Dictionary<string, int> BitsPerElement = new(StringComparer.Ordinal)
    {
        ["BOOL"] = 8, ["U8"] = 8, ["I8"] = 8, ["F8_E5M2"] = 8, ["F8_E4M3"] = 8, ["F8_E8M0"] = 8,
        ["I16"] = 16, ["U16"] = 16, ["F16"] = 16, ["BF16"] = 16,
        ["I32"] = 32, ["U32"] = 32, [Float32] = 32,
        ["I64"] = 64, ["U64"] = 64, ["F64"] = 64, ["C64"] = 64,
        ["F4"] = 4, ["F6_E2M3"] = 6, ["F6_E3M2"] = 6,
    };

    /// <summary>Reads and checks a header.</summary>
    /// <param name="json">The header's bytes, padding included.</param>
    /// <param name="dataLengthBytes">Bytes that follow the header in the file; the tensors must cover them exactly.</param>
    /// <param name="file">Named in messages.</param>
    /// <exception cref="InvalidInputException">The header is not what the format allows, with the reason.</exception>
    public static SafetensorsHeader Parse(ReadOnlySpan<byte> json, long dataLengthBytes, string file)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw Refused(file, "its header does not start with '{'");
        }

        try
        {
            var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 4 });
            var header = ReadHeader(ref reader, file);
            CheckPlaces(header.Entries, dataLengthBytes, file);
            return header;
        }
        catch (JsonException exception)
        {
            throw Refused(file, $"its header is not valid JSON at byte {exception.BytePositionInLine ?? 0}", exception);
        }
        catch (InvalidOperationException exception)
        {
            // The JSON reader's way of saying that a string is not valid UTF-8 or holds half a surrogate pair.
            throw Refused(file, "its header holds text that is not valid Unicode", exception);
        }
    }

    /// <summary>The header's bytes: JSON, padded with spaces so that the values that follow it start at a multiple of 8 bytes.</summary>
    internal static byte[] Format(IReadOnlyList<TensorSource> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            if (metadata.Count > 0)
            {
                writer.WriteStartObject(MetadataKey);
                foreach (var entry in metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal))
                {
                    writer.WriteString(entry.Key, entry.Value);
                }

                writer.WriteEndObject();
            }

            long offset = 0;
            foreach (var tensor in tensors)
            {
                long end = offset + (tensor.ElementCount * sizeof(float));
                WriteEntry(writer, tensor, offset, end);
                offset = end;
            }

            writer.WriteEndObject();
        }

        var length = (buffer.WrittenCount + AlignmentBytes - 1) / AlignmentBytes * AlignmentBytes;
        var header = new byte[length];
        buffer.WrittenSpan.CopyTo(header);
        header.AsSpan(buffer.WrittenCount).Fill((byte)' ');
        return header;
    }

    private static void WriteEntry(Utf8JsonWriter writer, TensorSource tensor, long begin, long end)
    {
        writer.WriteStartObject(tensor.Name);
        writer.WriteString("dtype", Float32);
        writer.WriteStartArray("shape");
        foreach (var extent in tensor.Shape)
        {
            writer.WriteNumberValue(extent);
        }

        writer.WriteEndArray();
        writer.WriteStartArray("data_offsets");
        writer.WriteNumberValue(begin);
        writer.WriteNumberValue(end);
        writer.WriteEndArray();
        writer.WriteEndObject();
    }

    private static SafetensorsHeader ReadHeader(ref Utf8JsonReader reader, string file)
    {
        var metadata = ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);
        List<SafetensorsEntry> entries = [];
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw Refused(file, $"its header names {Quote(name)} twice");
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Refused(file, $"the header's entry {Quote(name)} is not an object");
            }

            if (name == MetadataKey)
            {
                metadata = ReadMetadata(ref reader, file);
            }
            else
            {
                entries.Add(ReadEntry(ref reader, name, file));
            }
        }

        // Reading on is what makes the reader refuse anything but white space behind the closing brace.
        reader.Read();
        return new SafetensorsHeader(metadata, [.. entries.OrderBy(entry => entry.Begin).ThenBy(entry => entry.End)]);
    }

    private static ImmutableSortedDictionary<string, string> ReadMetadata(ref Utf8JsonReader reader, string file)
    {
        var metadata = ImmutableSortedDictionary.CreateBuilder<string, string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
            {
                throw Refused(file, $"the metadata entry {Quote(key)} is not text");
            }

            if (!metadata.TryAdd(key, reader.GetString()!))
            {
                throw Refused(file, $"its metadata names {Quote(key)} twice");
            }
        }

        return metadata.ToImmutable();
    }

    private static SafetensorsEntry ReadEntry(ref Utf8JsonReader reader, string name, string file)
    {
        string? elementType = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = reader.GetString()!;
            reader.Read();
            var isNew = key switch
            {
                "dtype" => Assign(ref elementType, ReadText(ref reader, name, key, file)),
                "shape" => Assign(ref shape, ReadNumbers(ref reader, name, key, file)),
                "data_offsets" => Assign(ref offsets, ReadNumbers(ref reader, name, key, file)),
                _ => throw Refused(file, $"tensor {Quote(name)} has an unknown property {Quote(key)}"),
            };
            if (!isNew)
            {
                throw Refused(file, $"tensor {Quote(name)} has the property {Quote(key)} twice");
            }
        }

        if (name.Length == 0)
        {
            throw Refused(file, "a tensor has an empty name");
        }

        if (elementType is null || shape is null || offsets is null)
        {
            var missing = elementType is null ? "dtype" : shape is null ? "shape" : "data_offsets";
            throw Refused(file, $"tensor {Quote(name)} has no {missing}");
        }

        if (offsets.Count != 2 || offsets[0] > offsets[1])
        {
            throw Refused(file, $"the data_offsets of tensor {Quote(name)} are not a begin and an end");
        }

        long elementCount = CountElements(shape, name, file);
        CheckSize(name, elementType, elementCount, offsets[1] - offsets[0], file);
        return new SafetensorsEntry(name, elementType, [.. shape.Select(extent => (int)extent)], elementCount, offsets[0], offsets[1]);
    }

    private static bool Assign<T>(ref T? field, T value)
        where T : class
    {
        var isNew = field is null;
        field = value;
        return isNew;
    }

    private static string ReadText(ref Utf8JsonReader reader, string name, string key, string file) =>
        reader.TokenType == JsonTokenType.String
            ? reader.GetString()!
            : throw Refused(file, $"the {key} of tensor {Quote(name)} is not text");

    private static List<long> ReadNumbers(ref Utf8JsonReader reader, string name, string key, string file)
    {
        List<long> numbers = [];
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Refused(file, $"the {key} of tensor {Quote(name)} is not a list");
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long number) || number < 0)
            {
                throw Refused(file, $"the {key} of tensor {Quote(name)} holds something else than whole numbers from 0 up");
            }

            if (numbers.Count == MaximumRank)
            {
                throw Refused(file, $"the {key} of tensor {Quote(name)} has more than {MaximumRank} entries");
            }

            numbers.Add(number);
        }

        return numbers;
    }

    private static long CountElements(List<long> shape, string name, string file)
    {
        // A 0 makes the product 0 however large its neighbours are, so that the extents are checked by themselves too.
        if (shape.Any(extent => extent > int.MaxValue))
        {
            throw Refused(file, $"tensor {Quote(name)} has an axis longer than {int.MaxValue}");
        }

        if (shape.Contains(0))
        {
            return 0;
        }

        UInt128 count = 1;
        foreach (var extent in shape)
        {
            count *= (UInt128)extent;
            if (count > (UInt128)Array.MaxLength)
            {
                throw Refused(file, $"tensor {Quote(name)} claims more than {Array.MaxLength} elements");
            }
        }

        return (long)count;
    }

    private static void CheckSize(string name, string elementType, long elementCount, long lengthBytes, string file)
    {
        if (!BitsPerElement.TryGetValue(elementType, out int bits))
        {
            throw Refused(file, $"tensor {Quote(name)} is of the unknown type {Quote(elementType)}");
        }

        long expectedBits = elementCount * bits;
        if (expectedBits % 8 != 0 || expectedBits / 8 != lengthBytes)
        {
            throw Refused(file, $"the shape of tensor {Quote(name)} needs {(expectedBits + 7) / 8} bytes but its data_offsets span {lengthBytes}");
        }
    }

    private static void CheckPlaces(ImmutableArray<SafetensorsEntry> entries, long dataLengthBytes, string file)
    {
        long covered = 0;
        foreach (var entry in entries)
        {
            if (entry.End > dataLengthBytes)
            {
                throw Refused(file, $"tensor {Quote(entry.Name)} ends at byte {entry.End} of {dataLengthBytes} bytes of data (is the file truncated?)");
            }

            if (entry.Begin != covered)
            {
                var fault = entry.Begin < covered ? "overlaps the tensor before it" : $"leaves a hole of {entry.Begin - covered} bytes before it";
                throw Refused(file, $"tensor {Quote(entry.Name)} {fault}");
            }

            covered = entry.End;
        }

        if (covered != dataLengthBytes)
        {
            throw Refused(file, $"{dataLengthBytes - covered} bytes at its end belong to no tensor");
        }
    }

    internal static InvalidInputException Refused(string file, string reason, Exception? inner = null) =>
        inner is null
            ? new InvalidInputException($"{file} is not a usable safetensors file: {reason}.")
            : new InvalidInputException($"{file} is not a usable safetensors file: {reason}.", inner);

    /// <summary>A name as it may stand in a message: short, and without control characters.</summary>
    internal static string Quote(string name)
    {
        const int longest = 80;
        var text = new StringBuilder("'");
        foreach (var character in name.AsSpan(0, Math.Min(name.Length, longest)))
        {
            text.Append(char.IsControl(character) ? '?' : character);
        }

        return text.Append(name.Length > longest ? "...'" : "'").ToString();
    }
}
