using System.Globalization;
using System.Text;
using DistTrain.Learning;

namespace DistTrain.Data.Tests;

public class CsvReaderTests
{
    private const string Iris = "length,width,species\n5.1,3.5,setosa\n7.0,3.2,versicolor\n6.3,3.3,virginica\n4.9,3.0,setosa\n";

    [Fact]
    public void A_header_is_recognised_and_the_last_column_is_the_label()
    {
        var samples = Read(Iris);
        Assert.Equal([5.1f, 3.5f, 7.0f, 3.2f, 6.3f, 3.3f, 4.9f, 3.0f], samples.Inputs);
        AssertClasses(samples, ["setosa", "versicolor", "virginica"], [0, 1, 2, 0]);
    }

    [Theory]
    [InlineData("species")]
    [InlineData("2")]
    [InlineData("-1")]
    public void The_label_column_is_found_by_name_or_index(string label) =>
        AssertClasses(Read(Iris, $"label={label}"), ["setosa", "versicolor", "virginica"], [0, 1, 2, 0]);

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    public void The_label_column_may_be_the_first(string label)
    {
        var samples = Read("1,2,3\n0,5,6\n", $"label={label}");
        Assert.Equal([2, 3, 5, 6], samples.Inputs);
        AssertClasses(samples, ["0", "1"], [1, 0]);
    }

    [Fact]
    public void A_name_goes_before_an_index() => Assert.Equal([1, 2], Read("0,a,b\n1,2,x\n", "header=true&label=b").Inputs);

    [Theory]
    [InlineData("1,2,x\n3,4,y\n")]
    [InlineData("1,2,x\r\n3,4,y\r\n")]
    [InlineData("1,2,x\n3,4,y")]
    [InlineData("\n1,2,x\n\r\n3,4,y\n\n\n")]
    [InlineData("\uFEFF1,2,x\n3,4,y\n")]
    [InlineData(" 1 ,\t2, x \n3,4,y\n")]
    [InlineData("\"1\",\"2\",\"x\"\r\n\"3\",4,\"y\"\r\n")]
    [InlineData("1e0,+2.0,x\n3.,4.000000000,y\n")]
    [InlineData("a,b,c\n1,2,x\n3,4,y\n")]
    [InlineData("\"a,\n\"\"b\"\"\",b,c\n1,2,x\n3,4,y\n")]
    public void Spellings_of_one_table_read_alike(string text)
    {
        var samples = Read(text);
        Assert.Equal([1, 2, 3, 4], samples.Inputs);
        AssertClasses(samples, ["x", "y"], [0, 1]);
    }

    [Theory]
    [InlineData("1;2;x\n3;4;y\n", "separator=semicolon")]
    [InlineData("1\t2\tx\n3\t4\ty\n", "separator=tab")]
    public void Other_separators_are_read_when_named(string text, string option) => Assert.Equal([1, 2, 3, 4], Read(text, option).Inputs);

    [Fact]
    public void Quoted_labels_may_hold_separators_quotes_and_blanks() =>
        AssertClasses(Read("1,\"a, \"\"b\"\"\"\n2,\" c \"\n"), [" c ", "a, \"b\""], [1, 0]);

    [Fact]
    public void Whole_number_labels_are_ordered_by_value_and_names_by_code_unit()
    {
        AssertClasses(Read("1,10\n2,9\n3,-1\n4,9.0\n5,010\n"), ["-1", "9", "10"], [2, 1, 0, 1, 2]);
        AssertClasses(Read("1,10\n2,9\n3,B\n4,a\n"), ["10", "9", "B", "a"], [0, 1, 2, 3]);
    }

    [Fact]
    public void Values_are_read_for_regression()
    {
        var samples = Read("1,2.5\n2,-3\n", "task=regression");
        var targets = Assert.IsType<TargetValues>(samples.Targets);
        Assert.Equal([2.5f, -3], targets.Values.ToArray());
        Assert.Equal(1, targets.Width);
    }

    [Fact]
    public void A_table_may_have_no_labels_but_cannot_be_trained_on()
    {
        var samples = Read("1,2\n3,4\n", "label=none");
        Assert.Equal(new Unlabelled(2), samples.Targets);
        Assert.Equal([1, 2, 3, 4], samples.Inputs);

        using var folder = new TemporaryFolder();
        var path = folder.Write("x.csv", "1,2\n3,4\n");
        Assert.Contains("no labels", Assert.Throws<InvalidInputException>(() => DataSetLoader.Load($"csv:{path}?label=none", new DataSetOptions())).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_are_rounded_to_the_nearest_float()
    {
        // 16777217 lies between two floats; the tie goes to the even one. The others need the general parser's care.
        string[] numbers = ["16777217", "0.1", "3.4028235e38", "1e-45", "-0", "9999999", "12345678", "0.30000000000000004"];
        var samples = Read(string.Concat(numbers.Select(number => $"{number},0\n")), "header=false");
        Assert.Equal(
            numbers.Select(number => BitConverter.SingleToInt32Bits(float.Parse(number, CultureInfo.InvariantCulture))),
            samples.Inputs.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [InlineData("", "", "x.csv is empty.")]
    [InlineData("\n\r\n\n", "", "x.csv is empty.")]
    [InlineData("a,b\n", "", "is empty: it has a header but no data")]
    [InlineData("1,2,3\n4,5\n", "", "line 2: 2 columns where line 1 has 3")]
    [InlineData("a,b\n\n1,2\n4,5,6\n", "", "line 4: 3 columns where line 1 has 2")]
    [InlineData("1,2,x\n4,abc,y\n", "", "line 2, column 2: 'abc' is not a number")]
    [InlineData("length,width,kind\n1,2,x\n4,abc,y\n", "", "line 3, column 2 ('width'): 'abc' is not a number")]
    [InlineData("a,2020,b\n1,2,x\n", "", "line 1, column 1: 'a' is not a number (if this line names the columns, add the option header=true)")]
    [InlineData("1,,x\n", "", "line 1, column 2: the value is missing")]
    [InlineData("1,NaN,x\n", "", "line 1, column 2: 'NaN' is not a finite number")]
    [InlineData("1,-Infinity,x\n", "", "line 1, column 2: '-Infinity' is not a finite number")]
    [InlineData("1,1e39,x\n", "", "line 1, column 2: '1e39' is not a finite number")]
    [InlineData("1,2\n1,\n", "", "line 2, column 2: the label is missing")]
    [InlineData("1,2\n1,NaN\n", "", "line 2: the label NaN is not a finite number")]
    [InlineData("1,2\n1,0.5\n", "", "line 2: the label 0.5 is out of range")]
    [InlineData("1,2\n1,NaN\n", "task=regression", "line 2, column 2: 'NaN' is not a finite number")]
    [InlineData("1,a\n", "task=regression&header=false", "line 1, column 2: 'a' is not a number")]
    [InlineData("1,a\u0007b\n", "", "line 1, column 2: the label holds a control character")]
    [InlineData("1,2\n\"3,4\n5,6\n", "", "line 2, column 1: the quote that opens here is never closed")]
    [InlineData("1,2\n3,\"4\"5\n", "", "line 2, column 2: text after the closing quote")]
    [InlineData("1,2\n3,4\"\n", "", "line 2, column 2: a quote inside a field")]
    [InlineData("1,\"a\nb\"\n2\n", "", "line 1, column 2: the label holds a control character")]
    [InlineData("1;2\n", "", "no column besides the label: the columns may be separated by something else than a comma")]
    [InlineData("1\r2\r", "", "carriage returns alone")]
    [InlineData("a,b\n1,2\n", "label=c", "no column called 'c': its columns are a, b")]
    [InlineData("1,2\n", "label=c", "no column called 'c': it has no header")]
    [InlineData("1,2\n", "label=2", "no column 2: it has 2 columns")]
    [InlineData("1,2\n", "label=-3", "no column -3")]
    [InlineData("a,a,b\n1,2,3\n", "label=a", "two columns called 'a'")]
    public void A_faulty_table_is_refused_with_the_place(string text, string options, string reason)
    {
        var message = Assert.Throws<InvalidInputException>(() => Read(text, options)).Message;
        Assert.Contains(reason, message, StringComparison.Ordinal);
        Assert.StartsWith("x.csv", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_in_other_encodings_is_refused()
    {
        Assert.Contains("UTF-16", Refused(Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("1,2\n")).ToArray()), StringComparison.Ordinal);
        Assert.Contains("line 1, column 2: the label is not UTF-8", Refused([(byte)'1', (byte)',', 0xe4, (byte)'\n']), StringComparison.Ordinal);
        Assert.Contains("line 2: this line is not UTF-8", Refused([(byte)'1', (byte)',', (byte)'2', (byte)'\n', 0xe4, (byte)',', (byte)'2', (byte)'\n']), StringComparison.Ordinal);
    }

    [Fact]
    public void Bounds_hold_whatever_the_file_does()
    {
        var limits = new DataLimits { MaximumColumns = 3, MaximumTextBytes = 100, MaximumValues = 4, MaximumClasses = 2 };
        Assert.Contains("more than 3 columns", Refused("1,2,3,4\n"u8.ToArray(), limits), StringComparison.Ordinal);
        Assert.Contains("longer than 100 bytes", Refused(Encoding.ASCII.GetBytes(new string('1', 101)), limits), StringComparison.Ordinal);
        Assert.Contains("longer than 100 bytes", Refused(TemporaryFolder.Gzip(Encoding.ASCII.GetBytes(new string('1', 1_000_000))), limits), StringComparison.Ordinal);
        Assert.Contains("more than 4 values", Refused("1,0\n1,0\n1,0\n1,0\n1,0\n"u8.ToArray(), limits), StringComparison.Ordinal);
        Assert.Contains("line 3: more than 2 different labels", Refused("1,a\n1,b\n1,c\n"u8.ToArray(), limits), StringComparison.Ordinal);
    }

    [Fact]
    public void A_packed_table_reads_as_the_plain_one()
    {
        using var folder = new TemporaryFolder();
        var plain = DataSetLoader.Load($"csv:{folder.Write("a.csv", Iris)}", new DataSetOptions());
        var packed = DataSetLoader.Load($"csv:{folder.Write("b.txt", TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(Iris)))}", new DataSetOptions());
        Assert.Equal(plain.ContentHash, packed.ContentHash);
        Assert.Equal(plain.Train.Inputs.ToArray(), packed.Train.Inputs.ToArray());
    }

    [Fact]
    public void A_packed_table_that_is_cut_short_anywhere_is_refused_rather_than_read_in_part()
    {
        // Random digits pack badly, so that every cut is somewhere in the middle of samples.
        var random = new Random(1);
        var text = string.Concat(Enumerable.Range(0, 200).Select(_ => $"{random.Next()},{random.Next(2)}\n"));
        var packed = TemporaryFolder.Gzip(Encoding.UTF8.GetBytes(text));
        Assert.Equal(200, Read(packed, "", new DataLimits()).Count);
        for (var length = packed.Length - 1; length >= 2; length -= length > packed.Length - 20 ? 1 : 13)
        {
            Assert.Contains("x.csv does not unpack", Refused(packed[..length]), StringComparison.Ordinal);
        }
    }

    private static RawPart Read(string text, string options = "") => Read(Encoding.UTF8.GetBytes(text), options, new DataLimits());

    private static RawPart Read(byte[] content, string options, DataLimits limits)
    {
        var source = (CsvSource)DataSource.Parse($"csv:x.csv?{options}");
        using var stream = new MemoryStream(content);
        return InputFile.Read(stream, "x.csv", input => CsvReader.Read(input, source, limits)).Samples;
    }

    private static string Refused(byte[] content, DataLimits? limits = null) =>
        Assert.Throws<InvalidInputException>(() => Read(content, "", limits ?? new DataLimits())).Message;

    private static void AssertClasses(RawPart samples, string[] names, int[] labels)
    {
        var targets = Assert.IsType<ClassLabels>(samples.Targets);
        Assert.Equal(names, targets.ClassNames);
        Assert.Equal(labels, targets.Labels.ToArray());
    }
}
