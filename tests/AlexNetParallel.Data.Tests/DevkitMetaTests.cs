using System.IO.Compression;
using System.Text;
using AlexNetParallel.Data.Prepared;
using AlexNetParallel.Data.Tests.Support;

namespace AlexNetParallel.Data.Tests;

/// <summary>The devkit's meta.mat: as another program writes it, in every form that MATLAB may choose, and broken.</summary>
public sealed class DevkitMetaTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Write(byte[] bytes)
    {
        folder.Write("meta.mat", bytes);
        return folder.Path("meta.mat");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Ids_names_and_words_are_read(bool compressed)
    {
        var file = Mat.File(compressed, Mat.Matrix("other", 6, [1, 1], Mat.Element(9, BitConverter.GetBytes(1.0))), Mat.Synsets(("n02119789", "kit fox, Vulpes macrotis", 1), ("n02100735", "English setter", 300)));
        Assert.Equal([new Synset(1, "n02119789", "kit fox, Vulpes macrotis"), new Synset(300, "n02100735", "English setter")], DevkitMeta.Read(Write(file)));
    }

    /// <summary>scipy.io.savemat of SciPy 1.10.1, compressed: the devkit's eight fields, three synsets, numbers as doubles and as 16 bits.</summary>
    [Fact]
    public void What_another_program_writes_is_read()
    {
        const string file =
            "TUFUTEFCIDUuMCBNQVQtZmlsZSBQbGF0Zm9ybTogcG9zaXgsIENyZWF0ZWQgb246IFN1biBOb3YgMjIgMDg6NDI6MTggMjAyNgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" +
            "AAAAAAABSU0PAAAAgwEAAHic7ZTdSsMwFMezD+eGMCYoeJkH2EU6lW1XK0zBgYgozMuSrVkbTFNJOnRv4AP4kt7tEUxsNrtQ6FhvPXAI57S/f06Sk7SBsmMAGmpoKq+C1I5MXFNeMa5+A3LFJUmk+l4Hpyb/qXxy" +
            "/zx9GveQ0/MmN1rg5SEdt/YeC19mEwGL5U6CLyNvHlLmC8J/EzvBRoOTxAsJDcLEIInAlHs0wgGRoK2SA/C3noa1nkrGtbVMPrX1SPNuhq/n8K0M3zExRz3HGfYHQ5PXOncFOheWjo5faQIX8UcXTpfsjUgY4bmI" +
            "Eyr3qatt6elYRpgxGAiy0rKg5P6kPCrggcVvuLLzHsw/frl23ScFfF3dhKqZ1wWH9QNC/cvrTP1FOnnnd8sDRmUI1aVLiNhPp2PpaMccbqRmghD/vw/274PvWqk+QIMr1Hcy9Re9C+eWjo79OOjCMeZUwgWOKKNY" +
            "UJmzH3l6TUtPxxhGJJoRUfI8XHtf8viqxXe2+HqU1Tm8jrOSPAA/JBFfLQ==";
        Assert.Equal(
            [new Synset(1, "n02119789", "kit fox, Vulpes macrotis"), new Synset(2, "n02100735", "English setter"), new Synset(1001, "n02084071", "dog, Canis familiaris")],
            DevkitMeta.Read(Write(Convert.FromBase64String(file))));
    }

    [Fact]
    public void It_stands_for_the_list_of_ids()
    {
        var labels = new ValidationLabels(folder.Path("val.tar"), folder.Path("truth.txt"), Write(Mat.File(true, Mat.Synsets(("cat", "a cat", 7), ("dog", "", 3)))));
        folder.Write("train/cat/1.jpg", [1]);
        folder.Write("train/dog/1.jpg", [1]);
        File.WriteAllText(folder.Path("truth.txt"), "3\n7\n7\n");
        folder.Write("val.tar", TestTar.Of(("v1.jpg", [1]), ("v2.jpg", [2]), ("v3.jpg", [3])));
        using var found = labels.Add(folder.Path("train"));
        Assert.Equal(["dog", "cat", "cat"], found.Test.Select(f => found.Classes[f.Label]));
    }

    [Fact]
    public void What_is_wrong_is_told()
    {
        var one = Mat.Synsets(("n1", "one", 1));
        void Fails(byte[] bytes, string message) => Assert.Contains(message, Assert.Throws<DataSetException>(() => DevkitMeta.Read(Write(bytes))).Message, StringComparison.Ordinal);
        Fails("wnid\tilsvrc2012_id\n"u8.ToArray(), "is no MATLAB file");
        var hdf = Mat.File(false, one);
        hdf[125] = 2;
        Fails(hdf, "of another version");
        Fails(Mat.File(false, Mat.Matrix("other", 6, [1, 1], Mat.Element(9, new byte[8]))), "no structure array 'synsets'; it has other");
        Fails(Mat.File(false, Mat.Synsets(("n1", "one", 1), ("n2", "two", 1))), "two synsets have the ILSVRC2012_ID 1");
        Fails(Mat.File(false, Mat.Synsets(("", "one", 1))), "expected a whole number from 1, and a name");
        Fails(Mat.File(false, Mat.Structures("synsets", 2_000_000_000, ["ILSVRC2012_ID", "WNID"], [])), "do not fit");
        Fails(Mat.File(false, Mat.Structures("synsets", 1, ["WNID"], [Mat.Text("n1")])), "no field like ILSVRC2012_ID");
        // A variable of very many zeros.
        Fails(Mat.File(false, Mat.Element(15, Mat.Zlib(new byte[(64 << 20) + 1]))), "more than 64 MiB");
    }

    [Fact]
    public void No_broken_file_is_believed_or_crashes()
    {
        foreach (var whole in new[] { Mat.File(false, Mat.Synsets(("n02119789", "kit fox", 1), ("n02100735", "setter", 2))), Mat.File(true, Mat.Synsets(("n02119789", "kit fox", 1))) })
        {
            for (var length = 0; length < whole.Length; length += 3) Attempt(whole[..length], mustFail: true);
            var random = new Random(5);
            for (var i = 0; i < 2000; i++)
            {
                var broken = (byte[])whole.Clone();
                for (var k = 0; k < 1 + i % 4; k++) broken[random.Next(broken.Length)] = (byte)random.Next(256);
                Attempt(broken, mustFail: false);
            }
        }

        void Attempt(byte[] bytes, bool mustFail)
        {
            try
            {
                DevkitMeta.Read(Write(bytes));
                Assert.False(mustFail, $"{bytes.Length} bytes were read");
            }
            catch (DataSetException e)
            {
                Assert.Contains("meta.mat", e.Message, StringComparison.Ordinal);
            }
        }
    }

    /// <summary>Writes the format, to have what MATLAB may write and what it never would.</summary>
    private static class Mat
    {
        public static byte[] File(bool compressed, params byte[][] variables)
        {
            var head = new byte[128];
            head.AsSpan().Fill((byte)' ');
            Encoding.ASCII.GetBytes("MATLAB 5.0 MAT-file, written by a test").CopyTo(head, 0);
            ((ReadOnlySpan<byte>)[0, 1, (byte)'I', (byte)'M']).CopyTo(head.AsSpan(124));
            return [.. head, .. variables.SelectMany(v => compressed ? [.. BitConverter.GetBytes(15), .. BitConverter.GetBytes(Zlib(v).Length), .. Zlib(v)] : v)];
        }

        public static byte[] Zlib(byte[] data)
        {
            using var memory = new MemoryStream();
            using (var stream = new ZLibStream(memory, CompressionLevel.Fastest)) stream.Write(data);
            return memory.ToArray();
        }

        public static byte[] Element(int type, byte[] data) => data.Length is > 0 and <= 4
            ? [.. BitConverter.GetBytes((short)type), .. BitConverter.GetBytes((short)data.Length), .. data, .. new byte[4 - data.Length]]
            : [.. BitConverter.GetBytes(type), .. BitConverter.GetBytes(data.Length), .. data, .. new byte[type == 15 ? 0 : (8 - data.Length % 8) % 8]];

        public static byte[] Matrix(string name, int kind, int[] dimensions, byte[] content) => Element(14,
        [
            .. Element(6, [(byte)kind, 0, 0, 0, 0, 0, 0, 0]), .. Element(5, [.. dimensions.SelectMany(BitConverter.GetBytes)]), .. Element(1, Encoding.ASCII.GetBytes(name)), .. content,
        ]);

        public static byte[] Text(string text) => text.Length == 0 ? Matrix("", 4, [0, 0], Element(4, [])) : Matrix("", 4, [1, text.Length], Element(4, Encoding.Unicode.GetBytes(text)));

        // MATLAB stores a whole number in the smallest type that holds it.
        public static byte[] Number(int number) => Matrix("", 6, [1, 1], number < 256 ? Element(2, [(byte)number]) : Element(4, BitConverter.GetBytes((ushort)number)));

        public static byte[] Structures(string name, int count, string[] fields, byte[][] values) => Matrix(name, 2, [count, 1],
        [
            .. Element(5, BitConverter.GetBytes(32)), .. Element(1, [.. fields.SelectMany(f => Encoding.ASCII.GetBytes(f.PadRight(32, '\0')))]), .. values.SelectMany(v => v),
        ]);

        public static byte[] Synsets(params (string Wnid, string Words, int Id)[] rows) => Structures("synsets", rows.Length, ["ILSVRC2012_ID", "WNID", "words", "children"],
            [.. rows.SelectMany(r => (byte[][])[Number(r.Id), Text(r.Wnid), Text(r.Words), Matrix("", 6, [0, 0], Element(9, []))])]);
    }
}
