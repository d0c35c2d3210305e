using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Tests.Support;

namespace AlexNetParallel.Data.Tests;

/// <summary>What <c>--data PATH</c> finds. The files' content is not looked at here.</summary>
public sealed class ReadingTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Class_folders_are_labelled_in_the_order_of_their_names()
    {
        foreach (var name in Many("dog", 40).Concat(Many("Cat", 30)).Concat(Many("ant", 50))) folder.Write(name, Bytes(name));
        using var files = ImageFiles.Open(folder.Root);

        Assert.Equal(["Cat", "ant", "dog"], files.Classes);
        Assert.All(files.Train.Concat(files.Test), f => Assert.Equal(files.Classes[f.Label], f.Name.Split('/')[0]));
        Assert.Equal(files.Train.OrderBy(f => f.Name, StringComparer.Ordinal).Select(f => f.Name), files.Train.Select(f => f.Name));
        Assert.Equal(120, files.Train.Length + files.Test.Length);
    }

    [Fact]
    public void About_a_tenth_is_held_back_and_always_the_same_files()
    {
        foreach (var name in Many("a", 300).Concat(Many("b", 300))) folder.Write(name, Bytes(name));
        using var first = ImageFiles.Open(folder.Root);
        folder.Write("b/new.jpg", "new"u8);
        using var second = ImageFiles.Open(folder.Root);

        Assert.InRange(first.Test.Length, 40, 80);
        Assert.Empty(first.Train.Select(f => f.Name).Intersect(first.Test.Select(f => f.Name)));
        Assert.Equal(first.Test.Select(f => f.Name), second.Test.Select(f => f.Name).Where(n => n != "b/new.jpg"));
        Assert.Contains("held back", first.Description);
    }

    [Theory]
    [InlineData("set.tar", false)]
    [InlineData("set.tar.gz", true)]
    [InlineData("set.tgz", true)]
    [InlineData("set.tar", true)]   // the content counts, not the name
    public void A_tar_is_read_as_its_folder_would_be(string name, bool compress)
    {
        var names = Many("dog", 25).Concat(Many("cat", 25)).ToArray();
        foreach (var file in names) folder.Write("plain/" + file, Bytes(file));
        var tar = TestTar.Of([.. names.Reverse().Select(n => ("./wrapper/" + n, Bytes(n)))]);
        folder.Write(name, compress ? TestTar.Compress(tar) : tar);

        using var plain = ImageFiles.Open(folder.Path("plain"));
        using var packed = ImageFiles.Open(folder.Path(name));
        Assert.Equal(plain.Classes, packed.Classes);
        Assert.Equal(Listing(plain.Train), Listing(packed.Train));
        Assert.Equal(Listing(plain.Test), Listing(packed.Test));
    }

    [Fact]
    public void A_tar_of_class_tars_is_read_as_class_folders()
    {
        var inner = (string c) => TestTar.Of([.. Enumerable.Range(0, 20).Select(i => ($"{c}_{i}.JPEG", Bytes($"{c}/{c}_{i}.JPEG")))]);
        folder.Write("train.tar", TestTar.Of(("n02.tar", inner("n02")), ("n01.tar", inner("n01"))));
        using var files = ImageFiles.Open(folder.Path("train.tar"));

        Assert.Equal(["n01", "n02"], files.Classes);
        Assert.All(Listing(files.Train).Concat(Listing(files.Test)), f => Assert.Equal(f.Name, f.Content));
        Assert.Equal(40, files.Train.Length + files.Test.Length);
    }

    [Theory]
    [InlineData("train", "test")]
    [InlineData("train", "val")]
    [InlineData("ILSVRC2012_img_train", "ILSVRC2012_img_val")]
    [InlineData("training", "validation")]
    public void Parts_are_known_by_their_names(string train, string test)
    {
        foreach (var name in Many("a", 3).Concat(Many("b", 3))) folder.Write($"set/{train}/{name}", Bytes(name));
        foreach (var name in Many("a", 2).Concat(Many("b", 2))) folder.Write($"set/{test}/{name}", Bytes(name));
        folder.Write("set/classes.txt", "a\nb\n"u8);
        using var files = ImageFiles.Open(folder.Path("set"));
        Assert.Equal((6, 4), (files.Train.Length, files.Test.Length));

        // The same inside one tar.
        folder.Write("set.tar", TestTar.Of([.. Many("a", 3).Concat(Many("b", 3)).Select(n => ($"set/{train}/{n}", Bytes(n))), .. Many("a", 2).Select(n => ($"set/{test}/{n}", Bytes(n)))]));
        using var packed = ImageFiles.Open(folder.Path("set.tar"));
        Assert.Equal((6, 2), (packed.Train.Length, packed.Test.Length));
    }

    [Fact]
    public void Parts_may_be_tars()
    {
        folder.Write("cifar10_train.tar.gz", TestTar.Compress(TestTar.Of([.. Many("a", 4).Concat(Many("b", 4)).Select(n => (n, Bytes(n)))])));
        folder.Write("cifar10_test.tar", TestTar.Of([.. Many("a", 1).Concat(Many("b", 1)).Select(n => (n, Bytes(n)))]));
        using var files = ImageFiles.Open(folder.Root);
        Assert.Equal((8, 2), (files.Train.Length, files.Test.Length));
        Assert.All(Listing(files.Train).Concat(Listing(files.Test)), f => Assert.Equal(f.Name, f.Content));
    }

    [Fact]
    public void A_test_part_without_labels_is_passed_over_for_val()
    {
        foreach (var part in new[] { "train/a", "train/b", "val/a", "val/b" }) folder.Write(part + "/1.jpg", "x"u8);
        folder.Write("test/1.jpg", "x"u8);
        using var files = ImageFiles.Open(folder.Root);
        Assert.Equal(2, files.Test.Length);
        Assert.Contains("val", files.Description);
    }

    [Fact]
    public void Class_folders_that_look_like_parts_stay_classes()
    {
        foreach (var name in Many("train", 20).Concat(Many("valley", 20)).Concat(Many("bus", 20))) folder.Write(name, Bytes(name));
        using var files = ImageFiles.Open(folder.Root);
        Assert.Equal(["bus", "train", "valley"], files.Classes);
    }

    [Fact]
    public void Other_files_are_no_pictures_and_odd_ones_are_named()
    {
        foreach (var name in Many("a", 9).Concat(Many("b", 9))) folder.Write(name, Bytes(name));
        folder.Write("a/notes.txt", "x"u8);
        folder.Write("a/._1.jpg", "x"u8);
        folder.Write("__MACOSX/a/1.jpg", "x"u8);
        folder.Write("a/moving.gif", "x"u8);
        folder.Write("a/empty.jpg", ""u8);
        folder.Write("stray.jpg", "x"u8);
        File.CreateSymbolicLink(folder.Path("a", "nowhere.jpg"), folder.Path("missing"));
        Directory.CreateSymbolicLink(folder.Path("a", "loop"), folder.Root);
        using var files = ImageFiles.Open(folder.Path());

        Assert.Equal(["a", "b"], files.Classes);
        Assert.Equal(["a/empty.jpg", "a/moving.gif", "a/nowhere.jpg", "stray.jpg"],
            files.PassedOver.Select(p => p.File).Where(f => !f.Contains("loop")).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void What_is_wrong_is_said_in_a_sentence()
    {
        Says("there is no file or folder", folder.Path("missing"));
        Says("neither a folder nor a .tar", folder.Write("set.zip", "PK"u8));
        Says("not a tar that can be read to its end", folder.Write("bad.tar", "this is no tar at all, whatever its name says"u8));
        var whole = TestTar.Compress(TestTar.Of([.. Many("a", 50).Select(n => (n, Bytes(n)))]));
        Says("not a tar that can be read to its end", folder.Write("cut.tgz", whole.AsSpan(0, whole.Length / 2)));
        folder.Write("flat/1.jpg", "x"u8);
        Says("no class folders", folder.Path("flat"));
        Directory.CreateDirectory(folder.Path("nothing"));
        Says("holds no JPEG or PNG", folder.Path("nothing"));
        folder.Write("single/cat/1.jpg", "x"u8);
        Says("one class only (cat)", folder.Path("single"));
        foreach (var part in new[] { "train/a", "train/b", "test/c" }) folder.Write($"strange/{part}/1.jpg", "x"u8);
        Says("a class 'c' that the training part lacks", folder.Path("strange"));
        foreach (var part in new[] { "train1/a", "train2/b", "test/a" }) folder.Write($"two/{part}/1.jpg", "x"u8);
        Says("more than one training part", folder.Path("two"));
    }

    [Fact]
    public void A_compressed_tar_is_held_to_its_memory()
    {
        var path = folder.Write("big.tgz", TestTar.Compress(TestTar.Of([.. Enumerable.Range(0, 40).Select(i => ($"a/{i}.jpg", new byte[100_000]))])));
        var error = Assert.Throws<DataSetException>(() => ImageFiles.Open(path, memoryLimit: 1 << 20));
        Assert.Contains("unpack it", error.Message);
    }

    private static IEnumerable<string> Many(string name, int count) => Enumerable.Range(0, count).Select(i => $"{name}/{i}.jpg");

    private static byte[] Bytes(string name) => System.Text.Encoding.UTF8.GetBytes(name);

    private static IEnumerable<(string Name, int Label, string Content)> Listing(ImageFile[] files)
    {
        var buffer = Array.Empty<byte>();
        return [.. files.Select(f => (f.Name, f.Label, System.Text.Encoding.UTF8.GetString(f.Bytes.Read(ref buffer))))];
    }

    private static void Says(string part, string path) => Assert.Contains(part, Assert.Throws<DataSetException>(() => ImageFiles.Open(path)).Message);
}
