using System.Buffers.Binary;
using System.Diagnostics;
using System.Text;
using DistTrain.Learning;
using DistTrain.Runtime.Storage;

namespace DistTrain.Runtime.Tests.Storage;

public sealed class SafetensorsFileTests : IDisposable
{
    private static readonly Dictionary<string, string> Metadata = new() { ["format"] = "disttrain", ["arithmetic"] = "ä \"quoted\" \n line" };

    // In an order that is not that of the names, with a scalar, an empty tensor and values whose bits are easily lost.
    private static readonly NamedTensor[] Tensors =
    [
        new("dense2.weight", [2, 3], new float[] { 1, -2, float.Epsilon, float.MaxValue, -0f, 0.1f }),
        new("dense1.bias", [3], new float[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity }),
        new("scale", [], new float[] { 7 }),
        new("none", [0, 4], ReadOnlyMemory<float>.Empty),
        new("größe \"1\"", [1, 1, 1], new float[] { 3 }),
    ];

    private readonly string folder = Directory.CreateTempSubdirectory("disttrain-").FullName;

    private string FilePath => Path.Combine(folder, "model.safetensors");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_is_written_is_read_in_the_same_order_and_bits()
    {
        SafetensorsFile.Write(FilePath, Tensors, Metadata);
        var content = SafetensorsFile.Read(FilePath);
        Assert.Equal(Metadata.OrderBy(entry => entry.Key, StringComparer.Ordinal), content.Metadata);
        Assert.Equal(Tensors.Length, content.Tensors.Length);
        foreach (var (written, read) in Tensors.Zip(content.Tensors))
        {
            AssertSame(written, read);
        }
    }

    [Fact]
    public void One_tensor_is_read_by_its_name()
    {
        SafetensorsFile.Write(FilePath, Tensors, Metadata);
        foreach (var tensor in Tensors)
        {
            AssertSame(tensor, SafetensorsFile.ReadTensor(FilePath, tensor.Name));
        }

        Assert.Contains("no tensor called 'weight'", Refused(() => SafetensorsFile.ReadTensor(FilePath, "weight")), StringComparison.Ordinal);
    }

    [Fact]
    public void The_bytes_are_those_of_the_published_layout()
    {
        SafetensorsFile.Write(FilePath, [new("a", [2], new float[] { 1, 2 }), new("b", [], new float[] { 3 })], new Dictionary<string, string> { ["z"] = "2", ["k"] = "1" });
        const string header =
            """{"__metadata__":{"k":"1","z":"2"},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]}}""";
        var padded = header.PadRight((header.Length + 7) / 8 * 8);
        byte[] expected = [.. BitConverter.GetBytes((ulong)padded.Length), .. Encoding.ASCII.GetBytes(padded), 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40, 0, 0, 0x40, 0x40];
        Assert.Equal(expected, File.ReadAllBytes(FilePath));
    }

    [Fact]
    public void Values_start_at_a_multiple_of_8_bytes_whatever_the_names()
    {
        for (var length = 1; length <= 16; length++)
        {
            SafetensorsFile.Write(FilePath, [new(new string('n', length), [1], new float[] { 1 })], new Dictionary<string, string>());
            Assert.Equal(0, (new FileInfo(FilePath).Length - sizeof(float)) % 8);
        }
    }

    [Fact]
    public void A_long_tensor_is_written_and_read_in_pieces_without_a_seam()
    {
        var values = Enumerable.Range(0, (1 << 21) + 3).Select(index => (float)index).ToArray();
        SafetensorsFile.Write(FilePath, [new("first", [1], new float[] { -1 }), new("long", [values.Length], values)], new Dictionary<string, string>());
        Assert.Equal(values, SafetensorsFile.ReadTensor(FilePath, "long").Values.ToArray());
    }

    [Fact]
    public void The_header_is_read_without_the_values_and_also_of_types_that_are_not_loaded()
    {
        WriteRaw("""{"h":{"dtype":"F16","shape":[2],"data_offsets":[0,4]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", new byte[8]);
        var header = SafetensorsFile.ReadHeader(FilePath);
        Assert.Equal(["h", "w"], header.Entries.Select(entry => entry.Name));
        Assert.Equal(2, header.Entries[0].ElementCount);
        Assert.Equal(0, SafetensorsFile.ReadTensor(FilePath, "w").Values.Span[0]);
        Assert.Contains("tensor 'h' is of type F16, and only F32 is read", Refused(() => SafetensorsFile.Read(FilePath)), StringComparison.Ordinal);
    }

    [Fact]
    public void Tensors_come_in_the_order_of_their_bytes_whatever_the_order_of_the_header()
    {
        WriteRaw("""{"b":{"shape":[1],"data_offsets":[4,8],"dtype":"F32"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", [0, 0, 0x80, 0x3f, 0, 0, 0, 0x40]);
        var tensors = SafetensorsFile.Read(FilePath).Tensors;
        Assert.Equal(["a", "b"], tensors.Select(tensor => tensor.Name));
        Assert.Equal([1f, 2f], tensors.Select(tensor => tensor.Values.Span[0]));
    }

    [Theory]
    [InlineData("""[]""", "does not start with '{'")]
    [InlineData(""" {}""", "does not start with '{'")]
    [InlineData("""{"a":""", "not valid JSON")]
    [InlineData("""{} {}""", "not valid JSON")]
    [InlineData("""{"a":{"dtype":"F32","shape":[[[[[2]]]]],"data_offsets":[0,8]}}""", "holds something else than whole numbers")]
    [InlineData("""{"a":1}""", "entry 'a' is not an object")]
    [InlineData("""{"":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "empty name")]
    [InlineData("""{"a":{"shape":[2],"data_offsets":[0,8]}}""", "tensor 'a' has no dtype")]
    [InlineData("""{"a":{"dtype":"F32","data_offsets":[0,8]}}""", "tensor 'a' has no shape")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2]}}""", "tensor 'a' has no data_offsets")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"x":1}}""", "unknown property 'x'")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "property 'dtype' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[0],"data_offsets":[8,8]}}""", "names 'a' twice")]
    [InlineData("""{"a":{"dtype":"Q7","shape":[2],"data_offsets":[0,8]}}""", "unknown type 'Q7'")]
    [InlineData("""{"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}}""", "dtype of tensor 'a' is not text")]
    [InlineData("""{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}""", "shape of tensor 'a' is not a list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}""", "whole numbers from 0 up")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2.5],"data_offsets":[0,8]}}""", "whole numbers from 0 up")]
    [InlineData("""{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "whole numbers from 0 up")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,8]}}""", "claims more than")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,1073741824],"data_offsets":[0,0]}}""", "an axis longer than")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}""", "needs 12 bytes but its data_offsets span 8")]
    [InlineData("""{"a":{"dtype":"F16","shape":[2],"data_offsets":[0,8]}}""", "needs 4 bytes but its data_offsets span 8")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}""", "are not a begin and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}}""", "are not a begin and an end")]
    [InlineData("""{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,12]}}""", "ends at byte 12 of 8 bytes")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "4 bytes at its end belong to no tensor")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "leaves a hole of 4 bytes before it")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "tensor 'b' overlaps")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"k":1}}""", "metadata entry 'k' is not text")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":{"k":"1","k":"2"}}""", "metadata names 'k' twice")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"__metadata__":"k"}""", "entry '__metadata__' is not an object")]
    [InlineData("""{"\ud800":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", "not valid Unicode")]
    public void A_header_that_cannot_be_right_is_refused_with_its_fault(string header, string reason)
    {
        WriteRaw(header, new byte[8]);
        Assert.Contains(reason, Refused(() => SafetensorsFile.Read(FilePath)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(100)]
    [InlineData(100_000_001)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void A_header_length_that_cannot_be_right_is_refused_before_memory_is_taken(long length)
    {
        File.WriteAllBytes(FilePath, [.. BitConverter.GetBytes(length), .. "{}      "u8]);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Refused(() => SafetensorsFile.Read(FilePath));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void What_is_not_a_readable_file_is_refused()
    {
        Assert.EndsWith("nowhere does not exist.", Refused(() => SafetensorsFile.Read(Path.Combine(folder, "nowhere"))), StringComparison.Ordinal);
        Assert.EndsWith("is a folder where a file is needed.", Refused(() => SafetensorsFile.Read(folder)), StringComparison.Ordinal);
        File.WriteAllBytes(FilePath, [1, 2, 3]);
        Assert.Contains("it has 3 bytes", Refused(() => SafetensorsFile.Read(FilePath)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_truncated_file_is_refused_at_every_length()
    {
        SafetensorsFile.Write(FilePath, Tensors, Metadata);
        var bytes = File.ReadAllBytes(FilePath);
        for (var length = 0; length < bytes.Length; length++)
        {
            File.WriteAllBytes(FilePath, bytes[..length]);
            Refused(() => SafetensorsFile.Read(FilePath));
        }
    }

    [Fact]
    public void A_file_with_any_bit_flipped_is_refused_or_read_as_a_sound_file()
    {
        SafetensorsFile.Write(FilePath, Tensors, Metadata);
        var bytes = File.ReadAllBytes(FilePath);
        var headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        var refused = 0;
        for (var bit = 0; bit < (sizeof(long) + headerLength) * 8; bit++)
        {
            var damaged = bytes.ToArray();
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            File.WriteAllBytes(FilePath, damaged);
            try
            {
                Assert.All(SafetensorsFile.Read(FilePath).Tensors, tensor => Assert.Equal(tensor.Values.Length, tensor.Shape.Aggregate(1, (count, extent) => count * extent)));
            }
            catch (InvalidInputException exception)
            {
                Assert.StartsWith(FilePath, exception.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', exception.Message);
                refused++;
            }
        }

        Assert.InRange(refused, headerLength, headerLength * 8);
    }

    [Fact]
    public void Tensors_that_contradict_themselves_are_our_own_mistake_and_leave_the_old_file()
    {
        SafetensorsFile.Write(FilePath, Tensors, Metadata);
        var before = File.ReadAllBytes(FilePath);
        AssertThrows([new("a", [2], new float[3])]);
        AssertThrows([new("a", [1], new float[1]), new("a", [1], new float[1])]);
        AssertThrows([new("", [1], new float[1])]);
        AssertThrows([new("__metadata__", [1], new float[1])]);
        AssertThrows([new("a", [-1, -1], new float[1])]);
        Assert.Equal(before, File.ReadAllBytes(FilePath));

        void AssertThrows(NamedTensor[] tensors) => Assert.ThrowsAny<ArgumentException>(() => SafetensorsFile.Write(FilePath, tensors, Metadata));
    }

    [Python3Fact]
    public void Another_program_reads_the_file_by_the_published_layout()
    {
        SafetensorsFile.Write(FilePath, Tensors, Metadata);
        const string program =
            """
            import json, struct, sys
            data = open(sys.argv[1], 'rb').read()
            length = struct.unpack('<Q', data[:8])[0]
            header = json.loads(data[8:8 + length].decode('utf-8'))
            values = data[8 + length:]
            assert (8 + length) % 8 == 0
            print(header.pop('__metadata__')['format'])
            end = 0
            for name, entry in header.items():
                begin, stop = entry['data_offsets']
                assert begin == end and entry['dtype'] == 'F32'
                end = stop
                count = (stop - begin) // 4
                bits = struct.unpack('<%dI' % count, values[begin:stop])
                print(ascii(name), entry['shape'], ' '.join('%08x' % word for word in bits))
            assert end == len(values)
            """;
        string[] expected =
        [
            "disttrain",
            "'dense2.weight' [2, 3] 3f800000 c0000000 00000001 7f7fffff 80000000 3dcccccd",
            "'dense1.bias' [3] ffc00000 7f800000 ff800000",
            "'scale' [] 40e00000",
            "'none' [0, 4] ",
            "'gr\\xf6\\xdfe \"1\"' [1, 1, 1] 40400000",
        ];
        Assert.Equal(expected, Python3FactAttribute.Run("-c", program, FilePath));
    }

    private static void AssertSame(NamedTensor expected, NamedTensor actual)
    {
        Assert.Equal(expected.Name, actual.Name);
        Assert.Equal(expected.Shape.AsEnumerable(), actual.Shape);
        Assert.Equal(
            expected.Values.ToArray().Select(BitConverter.SingleToInt32Bits),
            actual.Values.ToArray().Select(BitConverter.SingleToInt32Bits));
    }

    private static string Refused(Action read)
    {
        var message = Assert.Throws<InvalidInputException>(read).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private void WriteRaw(string header, byte[] values)
    {
        var bytes = Encoding.UTF8.GetBytes(header);
        File.WriteAllBytes(FilePath, [.. BitConverter.GetBytes((ulong)bytes.Length), .. bytes, .. values]);
    }
}

/// <summary>A test that asks Python 3 for a second opinion; skipped where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class Python3FactAttribute : FactAttribute
{
    public Python3FactAttribute()
    {
        try
        {
            Run("--version");
        }
        catch (Exception exception) when (exception is System.ComponentModel.Win32Exception or InvalidOperationException)
        {
            Skip = $"python3 does not run here: {exception.Message}";
        }
    }

    public static string[] Run(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output.TrimEnd('\n').Split('\n')
            : throw new InvalidOperationException($"python3 ended with {process.ExitCode}: {errors.GetAwaiter().GetResult()}");
    }
}
