using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Inference;
using AlexNetParallel.Training.Runs;
using AlexNetParallel.Training.Weights;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet export`: a trained net's weights for other programs, or for another number of workers.</summary>
internal sealed class ExportVerb : Verb
{
    private readonly Argument<string> run = new("RUN") { Description = "Folder of a run, whose newest checkpoint is taken, or of one checkpoint in it" };
    private readonly Argument<string> target = new("TARGET") { Description = "A file that ends in .safetensors, .npz or .onnx; or, with --workers, a new folder for a checkpoint" };
    private readonly Option<int?> workers = Numbers.Option("--workers", "Write a checkpoint as so many workers would, in place of a file", 1);
    private readonly Option<string?> partition = new("--partition") { Description = "With --workers: who holds what [default: the run's, or paper where its own does not fit]", HelpName = "NAME|FILE" };

    public ExportVerb() : base("export", "Writes a trained net's weights as safetensors, .npz or ONNX, or as a checkpoint of another number of workers")
    {
        Arguments.Add(run);
        Arguments.Add(target);
        foreach (var option in (Option[])[workers, partition]) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet export runs/quickstart quickstart.onnx", "the whole network, for ONNX Runtime"),
        ("./alexnet export runs/alexnet-2012-source weights.npz", "arrays conv1.weight [96, 3, 11, 11] and so on, for NumPy"),
        ("./alexnet export runs/quickstart checkpoint-of-one --workers 1", "both towers in one file"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var trained = TrainedRun.Find(context.Get(run));
        var path = context.Get(target);
        var network = trained.Recipe.Network;
        using var checkpoint = Checkpoint.Open(trained.Checkpoint);
        try
        {
            if (context.Get(workers) is { } count) Split(context, checkpoint, trained.Recipe, count, path);
            else switch (Path.GetExtension(path).ToLowerInvariant())
                {
                    case ".safetensors":
                        var metadata = new Dictionary<string, string> { ["network"] = network.Name, ["order"] = "weight: [kernels, channels / groups, ky, kx] or [units, inputs], input R, G, B; dropout scales at test" };
                        Safetensors.Write(path, [.. WeightExchange.Export(checkpoint, network).Select(t => new SafetensorsItem(t.Name, t.Shape, memory => t.Values.CopyTo(memory)))], metadata);
                        break;
                    case ".npz":
                        NpzFile.Write(path, WeightExchange.Export(checkpoint, network));
                        break;
                    case ".onnx":
                        OnnxExport.Write(path, network, WeightExchange.Export(checkpoint, network),
                            $"{network} after {checkpoint.Info.Step} training steps. Input: R, G, B, pixels 0..255 less the mean image, divided by {trained.Recipe.Augmentation.DivideBy}.");
                        break;
                    default:
                        throw new UsageException($"found the target '{path}'; expected a name that ends in .safetensors, .npz or .onnx, or --workers N with a folder");
                }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or WeightsException)
        {
            throw new UsageException($"{path} cannot be written: {e.Message}");
        }
        if (context.Json) context.Results.Json(new { Path = Path.GetFullPath(path), Network = network.Name, Parameters = network.ParameterCount, checkpoint.Info.Step, checkpoint.Info.WeightsSha256 });
        else context.Results.Line($"{Units.Count(network.ParameterCount)} weights and biases of {network}, step {Units.Count(checkpoint.Info.Step)}, in {path}");
        return Task.FromResult(ExitCode.Done);
    }

    private void Split(VerbContext context, Checkpoint checkpoint, Recipe recipe, int count, string folder)
    {
        if (Directory.Exists(folder) || File.Exists(folder)) throw new UsageException($"{folder} is there already; expected a new folder");
        var given = context.Get(partition);
        var where = given is not null ? PartitionFile.Load(given) : count == recipe.Workers ? recipe.Partition : PartitionFile.Load("paper");
        CheckpointConversion.Split(checkpoint, Plan.Compile(recipe.Network, where, count, recipe.Batch), folder);
    }
}

/// <summary>`alexnet import`: a run that begins with weights from elsewhere.</summary>
internal sealed class ImportVerb : Verb
{
    private readonly Argument<string> file = new("FILE") { Description = "Weights: .caffemodel, .safetensors or .npz" };
    private readonly RecipeArguments what = new();
    private readonly Option<string> run = new("--run") { Description = "New folder for the run that begins with these weights", HelpName = "DIR", Required = true };
    private readonly Option<string?> order = Choice("--channel-order", "How the first layer reads colours [default: bgr for .caffemodel, else rgb]", "rgb", "bgr");
    private readonly Option<string?> dropout = Choice("--dropout", "Where it was scaled: at test, as in 2012, or in training, as Caffe and PyTorch do [default: training for .caffemodel, else test]", "test", "training");

    private readonly Option<string?> layers = new("--layers") { Description = "Take only these layers, with commas between; the others begin as in a new run [default: all]", HelpName = "NAME,…" };

    public ImportVerb() : base("import", "Begins a run with weights of another program: to train on, to evaluate, to look at")
    {
        Arguments.Add(file);
        foreach (var option in what.All.Where(o => o != what.Transport).Concat([run, order, dropout, layers])) Options.Add(option);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet import bvlc_alexnet.caffemodel --recipe bvlc-alexnet --data /data/ilsvrc --run runs/bvlc", "Caffe's AlexNet: group 1 becomes tower 0, group 2 tower 1"),
        ("./alexnet import a.safetensors --recipe vgg-d --layers conv1_1,conv2_1,conv3_1,conv3_2,fc6,fc7,fc8 --run runs/vgg-d", "VGG's net D begun with layers of net A"),
        ("./alexnet import weights.npz --recipe alexnet-2012-source --run runs/again", "what 'alexnet export' wrote"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var path = context.Get(file);
        if (!File.Exists(path)) throw new UsageException($"found no file {path}; expected a .caffemodel, .safetensors or .npz");
        var recipe = what.Load(context, needsData: false);
        var folder = new RunFolder(context.Get(run)!);
        if (folder.IsUsed) throw new UsageException($"found a run in {folder.Path}; expected a new folder");
        try
        {
            var isCaffe = path.EndsWith(".caffemodel", StringComparison.OrdinalIgnoreCase);
            var conventions = new Conventions(context.Get(order) is { } o ? o == "bgr" : isCaffe, context.Get(dropout) is { } d ? d == "training" : isCaffe);
            var weights = WeightExchange.Import(Read(path), path, recipe.Network, conventions, context.Get(layers)?.Split(','), recipe.Seed);
            var checkpoint = CheckpointConversion.Begin(folder, recipe, Plan.Compile(recipe.Network, recipe.Partition, recipe.Workers, recipe.Batch), weights);
            var hash = CheckpointInfo.Read(checkpoint).WeightsSha256;
            if (context.Json) context.Results.Json(new { Run = folder.Path, Network = recipe.Network.Name, Parameters = recipe.Network.ParameterCount, WeightsSha256 = hash, conventions.BlueFirst, conventions.InvertedDropout });
            else context.Results.Line($"{Units.Count(recipe.Network.ParameterCount)} weights and biases of {recipe.Network} for {recipe.Workers} workers in {checkpoint}"
                + $"{(conventions.BlueFirst ? "; blue and red of the first layer exchanged" : "")}{(conventions.InvertedDropout ? "; weights behind dropout divided by its keep probability" : "")}");
        }
        catch (WeightsException e)
        {
            throw new UsageException(e.Message);
        }
        return Task.FromResult(ExitCode.Done);
    }

    private static IReadOnlyList<NamedTensor> Read(string path)
    {
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".caffemodel": return CaffeModel.Read(path);
            case ".npz": return NpzFile.Read(path);
            case ".safetensors":
                using (var reader = Safetensors.Open(path)) return [.. reader.Names.Select(n => new NamedTensor(n, reader.Shape(n), reader.Read(n)))];
            default: throw new UsageException($"found '{path}'; expected a file that ends in .caffemodel, .safetensors or .npz");
        }
    }

    private static Option<string?> Choice(string name, string description, params string[] values)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = string.Join('|', values) };
        option.AcceptOnlyFromAmong(values);
        return option;
    }
}
