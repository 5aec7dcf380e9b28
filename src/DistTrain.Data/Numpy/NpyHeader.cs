using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data;

/// <summary>What the elements of an NPY file are.</summary>
/// <param name="Kind"><c>b</c> truth value, <c>i</c> and <c>u</c> whole number, <c>f</c> floating point.</param>
/// <param name="Bytes">Of one element.</param>
internal readonly record struct NpyType(char Kind, int Bytes, bool IsBigEndian)
{
    public bool IsWhole => Kind != 'f';
}

/// <summary>
/// The header of an NPY file, versions 1 to 3: the magic string, the version, the length of the rest, and a Python dictionary with <c>descr</c>, <c>fortran_order</c> and <c>shape</c>.
/// Format: NumPy Enhancement Proposal 1, R. Kern, "A Simple File Format for NumPy Arrays", 2007, and the documentation of numpy.lib.format for versions 2 and 3.
/// </summary>
/// <param name="Shape">Extents, each at least 1.</param>
/// <param name="IsFortranOrder">Whether the first index changes fastest.</param>
/// <param name="Count">Number of elements.</param>
internal sealed record NpyHeader(NpyType Type, ImmutableArray<int> Shape, bool IsFortranOrder, int Count)
{
    private const int MostHeaderBytes = 1 << 16;
    private const int MostAxes = 8;
    private const int FixedBytes = 8;
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <exception cref="InvalidInputException">It is no such header, or announces what this program does not take; nothing but the header has been read.</exception>
    public static NpyHeader Read(InputStream input, DataLimits limits)
    {
        Span<byte> beginning = stackalloc byte[FixedBytes + sizeof(uint)];
        var magic = beginning[..FixedBytes];
        if (input.Fill(magic) < FixedBytes || !magic.StartsWith(Magic))
        {
            throw new InvalidInputException($"{input.Path} does not begin with the magic string of an NPY file.");
        }

        var version = magic[Magic.Length];
        if (version is < 1 or > 3)
        {
            throw new InvalidInputException($"{input.Path} is an NPY file of version {version}, but versions 1 to 3 are known.");
        }

        var lengthBytes = beginning.Slice(FixedBytes, version == 1 ? sizeof(ushort) : sizeof(uint));
        var isWhole = input.Fill(lengthBytes) == lengthBytes.Length;
        var length = version == 1 ? BinaryPrimitives.ReadUInt16LittleEndian(lengthBytes) : BinaryPrimitives.ReadUInt32LittleEndian(lengthBytes);
        if (length > MostHeaderBytes)
        {
            throw new InvalidInputException($"{input.Path} claims a header of {length} bytes, over the bound of {MostHeaderBytes}.");
        }

        var text = new byte[length];
        if (!isWhole || input.Fill(text) < text.Length)
        {
            throw new InvalidInputException($"{input.Path} is shorter than the header of an NPY file.");
        }

        var fields = new PythonDictionaryReader(input.Path, version == 3 ? Encoding.UTF8.GetString(text) : Encoding.Latin1.GetString(text)).Read();
        var type = ParseType(input.Path, Field<string>(input.Path, fields, "descr"));
        var shape = CheckShape(input.Path, Field<ImmutableArray<long>>(input.Path, fields, "shape"));
        return new NpyHeader(type, shape, Field<bool>(input.Path, fields, "fortran_order"), CheckCount(input, type, shape, limits));
    }

    private static T Field<T>(string path, Dictionary<string, object> fields, string name) =>
        fields.TryGetValue(name, out var value) && value is T typed ? typed : throw new InvalidInputException($"{path} has an NPY header whose '{name}' is missing or not what it should be.");

    private static NpyType ParseType(string path, string description)
    {
        if (description.Contains('O', StringComparison.Ordinal))
        {
            throw new InvalidInputException($"{path} holds Python objects, which only Python can read and which could run code: save it with a numeric dtype.");
        }

        if (description.Length == 3 && description[0] is '<' or '>' or '|' or '=' && description[2] is >= '1' and <= '8')
        {
            var type = new NpyType(description[1], description[2] - '0', description[0] == '>');
            if (type is { Kind: 'b', Bytes: 1 } or { Kind: 'i' or 'u', Bytes: 1 or 2 or 4 or 8 } or { Kind: 'f', Bytes: 2 or 4 or 8 }
                && (type.Bytes == 1 || description[0] is '<' or '>'))
            {
                return type;
            }
        }

        throw new InvalidInputException(
            $"{path} holds elements of type '{Shorten(description)}': save it as bool, int8 to int64, uint8 to uint64, float16, float32 or float64.");
    }

    private static string Shorten(string text) => string.Concat(text.Take(40).Select(letter => char.IsControl(letter) ? '?' : letter));

    private static ImmutableArray<int> CheckShape(string path, ImmutableArray<long> shape)
    {
        if (shape.Length is 0 or > MostAxes)
        {
            throw new InvalidInputException($"{path} holds an array with {shape.Length} axes, but needs 1 to {MostAxes}, the first of which counts the samples.");
        }

        foreach (var extent in shape)
        {
            if (extent is < 1 or > int.MaxValue)
            {
                throw new InvalidInputException(extent == 0 ? $"{path} is empty: its shape is ({string.Join(", ", shape)})." : $"{path} claims an impossible extent of {extent}.");
            }
        }

        return [.. shape.Select(extent => (int)extent)];
    }

    private static int CheckCount(InputStream input, NpyType type, ImmutableArray<int> shape, DataLimits limits)
    {
        var most = Math.Min(limits.MaximumValues, Array.MaxLength);
        long count = 1;
        foreach (var extent in shape)
        {
            count *= extent;
            if (count > most)
            {
                throw new InvalidInputException($"{input.Path} claims {string.Join(" x ", shape)} values, over the bound of {most}.");
            }
        }

        // Refused here, before any memory is taken for values that cannot be there.
        return count * type.Bytes <= input.MostBytes
            ? (int)count
            : throw new InvalidInputException(
                $"{input.Path} is truncated: its header announces {string.Join(" x ", shape)} = {count} values of {type.Bytes} bytes and it is far too short for them.");
    }
}
