using System.Buffers;
using System.Globalization;
using System.Text.Json;
using DistTrain.Runtime.Tests.Support;
using DistTrain.Runtime.Wire;

namespace DistTrain.Runtime.Tests.Wire;

public sealed class MessagePackTests
{
    private static readonly int[] Lengths = [0, 1, 31, 32, 62, 64, 255, 256, 510, 512, 4000, 65_535, 65_536, 140_000];

    private delegate void Writing(MessagePackWriter writer);

    private delegate void Reading(ref MessagePackReader reader);

    public static TheoryData<long, string> Integers { get; } = new()
    {
        { 0, "00" }, { 127, "7F" }, { 128, "CC80" }, { 255, "CCFF" }, { 256, "CD0100" }, { 65_535, "CDFFFF" }, { 65_536, "CE00010000" }, { uint.MaxValue, "CEFFFFFFFF" },
        { (long)uint.MaxValue + 1, "CF0000000100000000" }, { long.MaxValue, "CF7FFFFFFFFFFFFFFF" }, { -1, "FF" }, { -32, "E0" }, { -33, "D0DF" }, { -128, "D080" }, { -129, "D1FF7F" },
        { -32_768, "D18000" }, { -32_769, "D2FFFF7FFF" }, { int.MinValue, "D280000000" }, { (long)int.MinValue - 1, "D3FFFFFFFF7FFFFFFF" }, { long.MinValue, "D38000000000000000" },
    };

    [Theory]
    [MemberData(nameof(Integers))]
    public void An_integer_has_the_specifications_shortest_form(long value, string expected)
    {
        Assert.Equal(expected, Convert.ToHexString(Write(writer => writer.WriteInteger(value))));
        Read(Convert.FromHexString(expected), (ref MessagePackReader reader) => Assert.Equal(value, reader.ReadInteger()));
    }

    [Theory]
    [InlineData(0, "A0")]
    [InlineData(31, "BF")]
    [InlineData(32, "D920")]
    [InlineData(255, "D9FF")]
    [InlineData(256, "DA0100")]
    [InlineData(65_535, "DAFFFF")]
    [InlineData(65_536, "DB00010000")]
    public void A_text_has_the_shortest_head(int length, string head)
    {
        var text = new string('x', length);
        var bytes = Write(writer => writer.WriteString(text));
        Assert.Equal(head, Convert.ToHexString(bytes[..^length]));
        var reader = new MessagePackReader(bytes, new WireLimits { MaximumStringBytes = 70_000 });
        Assert.Equal(text, reader.ReadString());
    }

    [Theory]
    [InlineData(0, "C400")]
    [InlineData(255, "C4FF")]
    [InlineData(256, "C50100")]
    [InlineData(65_536, "C600010000")]
    public void Bytes_have_the_shortest_head_and_are_read_where_they_lie(int length, string head)
    {
        var bytes = Write(writer => writer.WriteBinary(new byte[length]));
        Assert.Equal(head, Convert.ToHexString(bytes[..^length]));
        Read(bytes, (ref MessagePackReader reader) => Assert.Equal(length, reader.ReadBinary().Length));
        var inPlace = new MessagePackReader(bytes, new WireLimits()).ReadBinary();
        Assert.True(inPlace.Overlaps(bytes) || length == 0);
    }

    [Theory]
    [InlineData(0, "90")]
    [InlineData(15, "9F")]
    [InlineData(16, "DC0010")]
    [InlineData(65_536, "DD00010000")]
    public void An_array_has_the_shortest_head(int length, string head)
    {
        var bytes = Write(writer =>
        {
            writer.WriteArrayHeader(length);
            for (var i = 0; i < length; i++)
            {
                writer.WriteNil();
            }
        });
        Assert.Equal(head, Convert.ToHexString(bytes[..^length]));
        Read(bytes, (ref MessagePackReader reader) =>
        {
            Assert.Equal(length, reader.ReadArrayHeader());
            for (var i = 0; i < length; i++)
            {
                Assert.True(reader.TryReadNil());
            }

            reader.EndArray();
        });
    }

    [Fact]
    public void Numbers_keep_every_bit()
    {
        foreach (var value in new[] { 0.0, -0.0, double.NaN, double.PositiveInfinity, double.Epsilon, Math.PI, BitConverter.UInt64BitsToDouble(0x7FF0_0000_0000_0001) })
        {
            Read(Write(writer => writer.WriteDouble(value)), (ref MessagePackReader reader) =>
                Assert.Equal(BitConverter.DoubleToUInt64Bits(value), BitConverter.DoubleToUInt64Bits(reader.ReadDouble())));
            Read(Write(writer => writer.WriteSingle((float)value)), (ref MessagePackReader reader) =>
                Assert.Equal(BitConverter.SingleToUInt32Bits((float)value), BitConverter.SingleToUInt32Bits(reader.ReadSingle())));
        }
    }

    [Theory]
    [InlineData("CC7F", "more bytes than it needs")]
    [InlineData("CD00FF", "more bytes than it needs")]
    [InlineData("CE0000FFFF", "more bytes than it needs")]
    [InlineData("CF00000000FFFFFFFF", "more bytes than it needs")]
    [InlineData("D0E0", "more bytes than it needs")]
    [InlineData("D1FF80", "more bytes than it needs")]
    [InlineData("D2FFFF8000", "more bytes than it needs")]
    [InlineData("D3FFFFFFFF80000000", "more bytes than it needs")]
    [InlineData("D07F", "more bytes than it needs")]
    [InlineData("CF8000000000000000", "larger than any")]
    [InlineData("C0", "an integer was expected, but the byte 0xC0 begins something else")]
    [InlineData("C1", "an integer was expected")]
    [InlineData("CD01", "ends before it is complete")]
    [InlineData("", "ends before it is complete")]
    [InlineData("0000", "1 bytes follow the end")]
    public void What_is_no_canonical_integer_is_refused(string hexadecimal, string expected) =>
        AssertRefused(Convert.FromHexString(hexadecimal), (ref MessagePackReader reader) => reader.ReadInteger(), expected);

    [Theory]
    [InlineData("D91F", "more bytes than it needs")]
    [InlineData("DBFFFFFFFF", "a text of 4,294,967,295 bytes is longer than the 4,096")]
    [InlineData("DA1001", "a text of 4,097 bytes is longer than the 4,096")]
    [InlineData("A1FF", "a text is not UTF-8")]
    [InlineData("A3EDA080", "a text is not UTF-8")]
    [InlineData("A561", "ends before it is complete")]
    public void What_is_no_text_is_refused(string hexadecimal, string expected) =>
        AssertRefused(Convert.FromHexString(hexadecimal), (ref MessagePackReader reader) => reader.ReadString(), expected);

    [Theory]
    [InlineData("DC000F", "more bytes than it needs")]
    [InlineData("DDFFFFFFFF", "an array of 4,294,967,295 items is longer than the 1,048,576")]
    [InlineData("DC8000", "ends before it is complete")]
    [InlineData("91919191919191919190", "nested more than 8 deep")]
    public void What_is_no_array_is_refused(string hexadecimal, string expected) => AssertRefused(
        Convert.FromHexString(hexadecimal),
        (ref MessagePackReader reader) =>
        {
            while (reader.ReadArrayHeader() > 0)
            {
            }
        },
        expected);

    [Fact]
    public void A_message_cut_short_anywhere_is_refused()
    {
        var bytes = Write(Message);
        for (var length = 0; length < bytes.Length; length++)
        {
            AssertRefused(bytes[..length], ReadMessage, "ends before it is complete");
        }

        Read(bytes, ReadMessage);
    }

    [Fact]
    public void A_message_with_any_byte_changed_is_read_or_refused_in_one_sentence()
    {
        var bytes = Write(Message);
        for (var i = 0; i < bytes.Length; i++)
        {
            for (var value = 0; value < 256; value++)
            {
                byte[] changed = [.. bytes[..i], (byte)value, .. bytes[(i + 1)..]];
                try
                {
                    Read(changed, ReadMessage);
                }
                catch (WireFormatException refusal)
                {
                    Assert.DoesNotContain('\n', refusal.Message);
                }
            }
        }
    }

    [PythonFact("msgpack", "python3-msgpack")]
    public void Another_implementation_reads_and_writes_the_same_bytes()
    {
        var folder = Directory.CreateTempSubdirectory("disttrain-messagepack-").FullName;
        try
        {
            Store(folder, "integers", false, Integers.Select(row => row[0]));
            Store(folder, "texts", false, Lengths.Select(length => new string('ü', length / 2)));
            Store(folder, "bytes", false, Lengths.Select(length => (object)new byte[length]));
            Store(folder, "doubles", false, [0.1, -0.0, 1e300, 5e-324, Math.PI]);
            Store(folder, "singles", true, [0.5, -1.25, 3.0, (double)(float)Math.PI]);
            Store(folder, "mixed", false, [1L, "two", true, false, new object[] { -3L, new object[] { "four" } }, new byte[] { 5 }]);
            Assert.Contains("6 values agree", PythonProgram.Run("msgpack", "Wire/check_messagepack.py", folder), StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Store(string folder, string name, bool single, IEnumerable<object> items)
    {
        var value = items.ToArray();
        File.WriteAllBytes(Path.Combine(folder, $"{name}.bin"), Write(writer => WriteValue(writer, value, single)));
        File.WriteAllText(Path.Combine(folder, $"{name}.json"), JsonSerializer.Serialize(new { single, value = Json(value) }));
    }

    private static object Json(object value) => value switch
    {
        byte[] bytes => new Dictionary<string, string> { ["bytes"] = Convert.ToHexString(bytes) },
        object[] items => items.Select(Json).ToArray(),
        double number => new Dictionary<string, string> { ["number"] = number.ToString("R", CultureInfo.InvariantCulture) },
        _ => value,
    };

    private static void WriteValue(MessagePackWriter writer, object value, bool single)
    {
        switch (value)
        {
            case long integer:
                writer.WriteInteger(integer);
                break;
            case string text:
                writer.WriteString(text);
                break;
            case bool flag:
                writer.WriteBoolean(flag);
                break;
            case byte[] bytes:
                writer.WriteBinary(bytes);
                break;
            case double number when single:
                writer.WriteSingle((float)number);
                break;
            case double number:
                writer.WriteDouble(number);
                break;
            case object[] items:
                writer.WriteArrayHeader(items.Length);
                foreach (var item in items)
                {
                    WriteValue(writer, item, single);
                }

                break;
            default:
                throw new NotSupportedException(value.GetType().Name);
        }
    }

    private static void Message(MessagePackWriter writer)
    {
        writer.WriteArrayHeader(7);
        writer.WriteInteger(-300);
        writer.WriteString("größer");
        writer.WriteBinary([1, 2, 3]);
        writer.WriteDouble(0.1);
        writer.WriteArrayHeader(2);
        writer.WriteBoolean(true);
        writer.WriteUnsigned(ulong.MaxValue);
        writer.WriteNil();
        writer.WriteSingle(1.5f);
    }

    private static void ReadMessage(ref MessagePackReader reader)
    {
        Require(reader.ReadArrayHeader() == 7);
        reader.ReadInteger();
        reader.ReadString();
        reader.ReadBinary();
        reader.ReadDouble();
        Require(reader.ReadArrayHeader() == 2);
        reader.ReadBoolean();
        reader.ReadUnsigned();
        reader.EndArray();
        Require(reader.TryReadNil());
        reader.ReadSingle();
        reader.EndArray();
    }

    private static void Require(bool isAsWritten)
    {
        if (!isAsWritten)
        {
            throw new WireFormatException("the message is another one");
        }
    }

    private static byte[] Write(Writing write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(new MessagePackWriter(buffer));
        return buffer.WrittenSpan.ToArray();
    }

    private static void Read(byte[] bytes, Reading read)
    {
        var reader = new MessagePackReader(bytes, new WireLimits());
        read(ref reader);
        reader.RequireEnd();
        Assert.Equal(bytes.Length, reader.Position);
    }

    private static void AssertRefused(byte[] bytes, Reading read, string expected) =>
        Assert.Contains(expected, Assert.Throws<WireFormatException>(() => Read(bytes, read)).Message, StringComparison.Ordinal);
}
