using AlexNetParallel.Cli.Tests.Runs;
using AlexNetParallel.Data;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Inference;

namespace AlexNetParallel.Cli.Tests.Trained;

/// <summary>Whole images in place of crops, and several scales: the evaluations of the VGG paper.</summary>
public sealed class DenseTests(DenseTests.Trained trained) : IClassFixture<DenseTests.Trained>
{
    // Without borders and with a single stride of 2 the dense network's nine positions on 32×32 pixels see exactly the nine 28×28 crops at offsets 0, 2 and 4.
    private const string Text = """
        name: dense
        network:
          name: dense
          input: {channels: 3, height: 28, width: 28}
          towers: 2
          layers:
            - {name: conv1, type: convolution, reads: all, channels: 8, size: 5, neuron: relu}
            - {name: pool1, type: max_pooling, size: 2, stride: 2}
            - {name: norm1, type: response_normalization, kind: across_maps, size: 5, k: 2, alpha: 0.0001, divide_alpha_by_size: false}
            - {name: conv2, type: convolution, reads: tower, channels: 16, size: 3, neuron: relu}
            - {name: fc3, type: fully_connected, reads: all, units: 32, neuron: relu}
            - {name: dropout3, type: dropout, keep: 0.5}
            - {name: fc4, type: fully_connected, reads: all, units: 10}
            - {name: softmax, type: softmax}
        data: generated
        batch: 64
        steps: 30
        augmentation: {crop: image, mirror: image, mean: channel, divide_by: 64}
        schedule: {weight_rate: 0.01, momentum: 0.9}
        test: {every_epochs: 0, at_end: false}
        """;

    /// <summary>A short run of that network.</summary>
    public sealed class Trained : IAsyncLifetime
    {
        public string Folder { get; } = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

        public string Run => At("run");

        public string At(string name) => Path.Combine(Folder, name);

        public async Task InitializeAsync()
        {
            await File.WriteAllTextAsync(At("dense.yaml"), Text);
            var (code, _, error) = await AlexnetProcess.RunAsync(Folder, "train", "--recipe", "./dense.yaml", "--run", "run");
            Assert.True(code == 0, error);
        }

        public Task DisposeAsync()
        {
            Directory.Delete(Folder, recursive: true);
            return Task.CompletedTask;
        }
    }

    [Fact]
    public async Task Each_position_of_a_dense_pass_is_a_crop()
    {
        const int images = 100;
        await Command.JsonAsync("eval", trained.Run, "--dense", "--limit", $"{images}", "--save", trained.At("dense.safetensors"));
        var dense = ProbabilityTable.Load(trained.At("dense.safetensors"));

        var run = TrainedRun.Find(trained.Run);
        using var network = new TrainedNetwork(run, images);
        using var source = DataSet.Open(Recipe.Generated, run.Recipe.Augmentation, new FeedOptions { Seed = 1, BatchSize = images });
        var (labels, scores) = (new int[images], new double[images * 10]);
        for (var view = 0; view < 9; view++)
        {
            Fill(source, network, new View(view / 3, view % 3, false), labels);
            network.Forward(0, labels);
            var output = network.Output(network.Network["fc4"], images);
            for (var i = 0; i < output.Length; i++) scores[i] += output[i] / 9;
        }
        Assert.Equal(labels, dense.Labels);
        for (var image = 0; image < images; image++)
        {
            var powers = scores.AsSpan(image * 10, 10).ToArray().Select(Math.Exp).ToList();
            var sum = powers.Sum();
            // The convolution and the fully connected kernel add in another order.
            for (var c = 0; c < 10; c++) Assert.Equal(powers[c] / sum, dense.Of(image)[c], 1e-5);
        }
    }

    private static unsafe void Fill(IBatchSource source, TrainedNetwork network, View view, int[] labels) =>
        source.Fill(new Tick(1, Split.Test, 0, 0, 0, labels.Length, 0), network.ImageLayout, network.Images(0), labels, view);

    [Fact]
    public async Task A_mirror_image_is_a_second_view()
    {
        var one = await Command.JsonAsync("eval", trained.Run, "--dense", "--limit", "100", "--save", trained.At("one.safetensors"));
        await Command.JsonAsync("eval", trained.Run, "--dense", "--limit", "100", "--views", "2", "--workers", "2", "--save", trained.At("two.safetensors"));
        var (first, both) = (ProbabilityTable.Load(trained.At("one.safetensors")), ProbabilityTable.Load(trained.At("two.safetensors")));
        Assert.Equal(100, one.GetProperty("images").GetInt32());
        // The mean holds the first view with half its weight, so that no probability can be less than half of it.
        Assert.True(both.Values.Zip(first.Values).All(p => p.First >= p.Second / 2 - 1e-6));
        Assert.Contains(both.Values.Zip(first.Values), p => Math.Abs(p.First - p.Second) > 1e-3);
    }

    [SkippableFact]
    public async Task Scales_are_averaged()
    {
        Skip.If(ImageLibraries.Check().Any(l => l.Problem is not null), "needs libturbojpeg and libpng");
        var shapes = trained.At("shapes");
        await Command.JsonAsync("data", "make", shapes, "--train-per-class", "2", "--test-per-class", "3");
        async Task<ProbabilityTable> At(string scales, string data, params string[] more)
        {
            await Command.JsonAsync(["eval", trained.Run, "--data", data, "--scales", scales, "--save", trained.At("scales.safetensors"), .. more]);
            return ProbabilityTable.Load(trained.At("scales.safetensors"));
        }
        var (small, large, both) = (await At("30", shapes, "--dense"), await At("40", shapes, "--dense"), await At("30,40", shapes, "--dense"));
        Assert.Equal(30, both.Images);
        Assert.NotEqual(small.Values, large.Values);
        for (var i = 0; i < both.Values.Length; i++) Assert.Equal((small.Values[i] + (double)large.Values[i]) / 2, both.Values[i], 1e-6);

        // A prepared set is brought to smaller scales too, and not to larger ones.
        await Command.JsonAsync("data", "prepare", shapes, trained.At("set"), "--size", "40", "--quality", "100");
        var prepared = await At("30", trained.At("set"), "--views", "10");
        Assert.Equal(30, prepared.Images);
        var (code, _, error) = await Command.RunAsync("eval", trained.Run, "--data", trained.At("set"), "--scales", "40,64");
        Assert.Equal(2, code);
        Assert.Contains("prepared with 40×40 pixels, and a resize to 64 is wanted", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--dense --views 10", "expected --views 1, or 2")]
    [InlineData("--dense --scales 20", "20×20 pixels; network dense reads 28×28")]
    [InlineData("--scales 20,x", "expected whole numbers from 1 with commas between, such as 256,384,512")]
    [InlineData("--scales 40", "a resize to 40 is for pictures from files")]
    public async Task What_cannot_be_done_is_told(string options, string message)
    {
        var shapes = trained.At("few");
        if (options.Contains("20", StringComparison.Ordinal) && !Directory.Exists(shapes)) await Command.JsonAsync("data", "make", shapes, "--train-per-class", "2", "--test-per-class", "1");
        string[] data = options.EndsWith("20", StringComparison.Ordinal) ? ["--data", shapes] : [];
        var (code, output, error) = await Command.RunAsync(["eval", trained.Run, .. options.Split(' '), .. data]);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains(message, error, StringComparison.Ordinal);
    }
}
