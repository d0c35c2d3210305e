using System.Text.Json;
using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Trained;

/// <summary>The 200 real ImageNet files through a prepared set and the whole net 145, as a person with ILSVRC on disk would do it.</summary>
public sealed class ImageNetTests(ImageNetTests.Trained trained) : IClassFixture<ImageNetTests.Trained>
{
    /// <summary>The prepared sample, and two steps of the full network as three processes.</summary>
    public sealed class Trained : IAsyncLifetime
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

        public JsonElement Prepared { get; private set; }

        public IReadOnlyList<JsonElement> Lines { get; private set; } = [];

        /// <summary>The command line that prepares the sample.</summary>
        public static string[] Preparing(string set, params string[] more)
        {
            string At(string name) => Repository.Shared("data", "imagenet-sample", name);
            return ["data", "prepare", At("ILSVRC2012_img_train_sample200.tar"), set, "--validation", At("ILSVRC2012_img_val_sample40.tar"), "--ground-truth", At("val_sample40_ground_truth.txt"),
                "--ids", Repository.Shared("data", "ilsvrc2012", "label_map.tsv"), "--class-names", Repository.Shared("data", "ilsvrc2012", "synset_words.txt"), "--shard-images", "64", .. more];
        }

        public async Task InitializeAsync()
        {
            if (!Directory.Exists(Repository.Shared("data", "imagenet-sample")) || Data.ImageLibraries.Check().Any(l => l.Problem is not null)) return;
            var (code, lines, error) = await AlexnetProcess.RunAsync(Folder, Preparing("set"));
            Assert.True(code == 0, error);
            Prepared = lines.Single();
            (code, Lines, error) = await AlexnetProcess.RunAsync(Folder, "train", "--recipe", "alexnet-2012-source", "--data", "set", "--batch", "32", "--steps", "2", "--run", "run");
            Assert.True(code == 0, error);
        }

        public Task DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return Task.CompletedTask;
        }
    }

    private void Require() => Skip.If(trained.Lines.Count == 0, "needs ../shared/data/imagenet-sample, libturbojpeg and libpng, which are not all here");

    private string At(params string[] names) => Path.Combine([trained.Folder, .. names]);

    [SkippableFact]
    public void Prepare_tells_what_it_made()
    {
        Require();
        Assert.Equal((200, 40, 200, 5), (trained.Prepared.GetProperty("train_images").GetInt32(), trained.Prepared.GetProperty("test_images").GetInt32(),
            trained.Prepared.GetProperty("classes").GetInt32(), trained.Prepared.GetProperty("shards").GetInt32()));
        Assert.Equal(0, trained.Prepared.GetProperty("broken").GetArrayLength());
        Assert.Equal("n01443537 goldfish, Carassius auratus", File.ReadLines(At("set", "classes.txt")).First());
    }

    /// <summary>Killed when its first shard is whole, and begun again by the same command.</summary>
    [SkippableFact]
    public async Task A_killed_preparation_goes_on_to_the_same_bytes()
    {
        Require();
        using (var process = AlexnetProcess.Start(trained.Folder, Trained.Preparing("killed", "--threads", "1")))
        {
            for (var clock = System.Diagnostics.Stopwatch.StartNew(); !File.Exists(At("killed", ".preparing")) && clock.Elapsed < TimeSpan.FromMinutes(1);) await Task.Delay(2);
            RunningProcess.Signal("KILL", process.Id);
            Assert.NotEqual(0, (await process.EndAsync()).Code);
        }
        Assert.False(File.Exists(At("killed", "dataset.json")));
        var (code, _, error) = await AlexnetProcess.RunAsync(trained.Folder, Trained.Preparing("killed", "--threads", "1"));
        Assert.True(code == 0, error);
        Assert.Matches(@"going on: (64|128|192|200) of 240 images are done", error);
        Assert.Equal(Digests("set"), Digests("killed"));

        IEnumerable<string> Digests(string set) => Directory.GetFiles(At(set)).Order(StringComparer.Ordinal)
            .Select(f => $"{Path.GetFileName(f)} {Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f)))}");
    }

    [SkippableFact]
    public void Three_processes_train_the_full_network()
    {
        Require();
        var start = trained.Lines[0];
        Assert.Equal((60_965_224, 2, 200, 40), (start.GetProperty("parameters").GetInt64(), start.Processes().Distinct().Count(), start.GetProperty("train_images").GetInt32(), start.GetProperty("test_images").GetInt32()));
        var loss = trained.Lines.First(l => l.Event() == "step").GetProperty("loss").GetDouble();
        Assert.InRange(loss, Math.Log(1000) - 0.6, Math.Log(1000) + 0.6);   // all classes nearly alike before training
        Assert.All((string[])["kernels.png", "curves.png"], name => Assert.True(new FileInfo(At("run", "pictures", name)).Length > 1000));
    }

    [SkippableFact]
    public async Task Ten_views_are_evaluated()
    {
        Require();
        var result = await Command.JsonAsync("eval", At("run"), "--data", At("set"), "--views", "10", "--batch", "32", "--limit", "32", "--save", At("ten.safetensors"));
        Assert.Equal((32, 10), (result.GetProperty("images").GetInt32(), result.GetProperty("views").GetInt32()));
        Assert.InRange(result.GetProperty("top5_error").GetDouble(), 0, 1);
        var table = Training.Inference.ProbabilityTable.Load(At("ten.safetensors"));
        Assert.Equal(1000, table.Classes);
        for (var i = 0; i < table.Images; i++) Assert.Equal(1, table.Of(i).ToArray().Sum(p => (double)p), 1e-4);
    }

    [SkippableFact]
    public async Task Whole_images_are_looked_at()
    {
        Require();
        // 256×256 give 2×2 positions; with 224×224 there is one, which is the centre view to float rounding.
        await Command.JsonAsync("eval", At("run"), "--data", At("set"), "--dense", "--batch", "32", "--limit", "4", "--save", At("dense.safetensors"));
        await Command.JsonAsync("eval", At("run"), "--data", At("set"), "--dense", "--scales", "224", "--batch", "32", "--limit", "4", "--save", At("one.safetensors"));
        await Command.JsonAsync("eval", At("run"), "--data", At("set"), "--scales", "224", "--batch", "32", "--limit", "4", "--save", At("centre.safetensors"));
        var (dense, one, centre) = (Load("dense"), Load("one"), Load("centre"));
        Assert.NotEqual(dense, one);
        for (var i = 0; i < centre.Length; i++) Assert.Equal(centre[i], one[i], centre[i] * 1e-4);

        float[] Load(string name) => Training.Inference.ProbabilityTable.Load(At(name + ".safetensors")).Values;
    }

    [SkippableFact]
    public async Task A_picture_is_predicted_and_shown()
    {
        Require();
        var picture = At("goldfish.jpg");
        await File.WriteAllBytesAsync(picture, FirstOf(At("set", "train-00000.tar")));
        var predicted = await Command.JsonAsync("predict", At("run"), picture, "--data", At("set"), "--batch", "32");
        Assert.Equal(5, predicted.GetProperty("classes").GetArrayLength());
        var (code, output, error) = await Command.RunAsync("show", At("run"), picture, "--what", "maps", "--layer", "conv1", "--data", At("set"), "--batch", "32", "--output", At("maps.png"), "--json");
        Assert.True(code == 0, error);
        Assert.True(new FileInfo(At("maps.png")).Length > 10_000, output);
        (code, _, error) = await Command.RunAsync("show", At("run"), "--what", "predictions", "--data", At("set"), "--batch", "32", "--output", At("predictions.png"));
        Assert.True(code == 0, error);
        Assert.True(new FileInfo(At("predictions.png")).Length > 10_000);
    }

    private static byte[] FirstOf(string tar)
    {
        using var reader = new System.Formats.Tar.TarReader(File.OpenRead(tar));
        var memory = new MemoryStream();
        reader.GetNextEntry()!.DataStream!.CopyTo(memory);
        return memory.ToArray();
    }
}
