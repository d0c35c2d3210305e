using AlexNetParallel.Devices;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Checkpoints;
using AlexNetParallel.Training.Engine;

namespace AlexNetParallel.Training.Inference;

/// <summary>
/// A trained network in this process, for what comes after training: one or more workers as threads, each with its part of a checkpoint. Dropout works as at test. Not
/// thread-safe, but for <see cref="Images"/> of different slots.
/// </summary>
public sealed unsafe class TrainedNetwork : IDisposable
{
    /// <summary>Batches that can lie ready: one is computed while the next is filled.</summary>
    public const int Slots = 2;

    private readonly LocalWorkers workers;
    private readonly DeviceBuffer[] images;
    private readonly UpdateRule[] rules;

    /// <param name="run">What was trained.</param>
    /// <param name="batch">Most images of a forward pass.</param>
    /// <param name="workerCount">Workers; 1 for the whole network on one device, which gives the same bits.</param>
    /// <param name="threads">Threads of each worker's device.</param>
    /// <param name="dense">Rows and columns of whole images at which the network is to look densely (see <see cref="DenseNetwork"/>); null for crops of its own size.</param>
    /// <exception cref="CheckpointException">The checkpoint is not of the recipe's network, or damaged.</exception>
    /// <exception cref="ArgumentException">The network cannot look at images of that size densely.</exception>
    public TrainedNetwork(TrainedRun run, int batch, int workerCount = 1, int threads = 1, (int Height, int Width)? dense = null)
    {
        Run = run;
        var recipe = run.Recipe;
        Network = dense is var (height, width) ? DenseNetwork.Of(recipe.Network, height, width) : recipe.Network;
        var partition = workerCount == recipe.Workers ? recipe.Partition : PartitionFile.Load(workerCount == 1 ? "single" : "paper");
        Plan = Plan.Compile(Network, partition, workerCount, batch);
        workers = new LocalWorkers(Plan, _ => new CpuDevice(new CpuOptions { Threads = threads }), recipe.Seed);
        images = [];
        rules = new UpdateRule[Network.Layers.Count];
        try
        {
            using var checkpoint = Checkpoint.Open(run.Checkpoint);
            Info = checkpoint.Info;
            foreach (var engine in workers.Engines) checkpoint.Load(engine);
            ImageLayout = workers.Engines.First(e => e.ImageLayout is not null).ImageLayout!;
            images = [.. Enumerable.Range(0, Slots).Select(_ => workers.Engines[0].Device.Allocate(ImageLayout.Size))];
        }
        catch
        {
            workers.Dispose();
            throw;
        }
    }

    /// <summary>What was trained.</summary>
    public TrainedRun Run { get; }

    /// <summary>The network: the recipe's, or what it becomes to look at whole images.</summary>
    public Network Network { get; }

    /// <summary>How it runs here.</summary>
    public Plan Plan { get; }

    /// <summary>Of the checkpoint.</summary>
    public CheckpointInfo Info { get; }

    /// <summary>Layout of <see cref="Images"/>.</summary>
    public TensorLayout ImageLayout { get; }

    /// <summary>Where a batch of images is to be written.</summary>
    /// <param name="slot">0 … <see cref="Slots"/> − 1.</param>
    public float* Images(int slot) => (float*)((CpuBuffer)images[slot]).Address;

    /// <summary>Computes all layers for the images of a slot.</summary>
    /// <param name="slot">Which.</param>
    /// <param name="labels">As many as there are images; anything where they are not known.</param>
    public LossSums Forward(int slot, int[] labels) => workers.Run(Split.Test, 1, images[slot], labels, rules);

    /// <summary>The probabilities of the classes after <see cref="Forward"/>: (case, class). Of a dense network: of the class scores' means over all positions.</summary>
    public float[] Probabilities(int cases)
    {
        var output = Output(Network.Layers[^1], cases);
        return Network.Layers[^1] is SoftmaxLayer ? output : DenseScores.Probabilities(output, cases, Network.Layers[^1].Output);
    }

    /// <summary>The output of a layer after <see cref="Forward"/>, its neuron applied: (case, channel, y, x), x fastest.</summary>
    public float[] Output(Layer layer, int cases)
    {
        var size = layer.Output;
        var result = new float[(long)cases * size.Units];
        foreach (var piece in Plan.Pieces[layer.Number])
        {
            var engine = workers.Engines[piece.Holders[0]];
            var tensor = engine.Program.Find(TensorRole.Activation, layer.Number)!;
            var floats = new float[tensor.Layout.Size];
            engine.Tensor(tensor.Id).Buffer.Read(floats);
            for (var block = piece.Blocks.First; block < piece.Blocks.End; block++)
            {
                var (first, count) = (block * CaseBlock.Cases, Math.Clamp(cases - block * CaseBlock.Cases, 0, CaseBlock.Cases));
                for (var channel = piece.Output.First; channel < piece.Output.End; channel++)
                    Copy(floats, tensor.Layout, tensor.Layout.Offset(block, channel), result, first, count, channel, size);
            }
        }
        return result;
    }

    private static void Copy(float[] floats, TensorLayout layout, long start, float[] result, int first, int count, int channel, MapSize size)
    {
        for (var y = 0; y < size.Height; y++)
            for (var x = 0; x < size.Width; x++)
            {
                var from = start + y * layout.RowStride + x * CaseBlock.Cases;
                for (var n = 0; n < count; n++) result[((long)(first + n) * size.Channels + channel) * size.Pixels + y * size.Width + x] = floats[from + n];
            }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var buffer in images) buffer.Dispose();
        workers.Dispose();
    }
}
