using AlexNetParallel.Data;
using AlexNetParallel.Data.Sharing;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Training.Jobs;

/// <summary>
/// Brings batches to a worker. The first worker of each host opens the data and makes every batch once, ahead of the step that needs it, in memory that
/// all workers of the host read.
/// </summary>
internal sealed class WorkerFeed : IDisposable
{
    private readonly IBatchSource? source;
    private readonly SharedFeed? shared;
    private readonly FeedReader? reader;
    private readonly NoiseBatch? noise;

    private WorkerFeed(IBatchSource? source, SharedFeed? shared, FeedReader reader)
    {
        (this.source, this.shared, this.reader) = (source, shared, reader);
        (TrainImages, TestImages, Description) = (reader.TrainImages, reader.TestImages, reader.Description);
    }

    private WorkerFeed(Recipe recipe, TensorLayout layout)
    {
        noise = new NoiseBatch(recipe, layout);
        (TrainImages, Description) = (recipe.Batch * NoiseBatch.StepsPerEpoch, "noise, the same batch for every step");
    }

    public int TrainImages { get; }

    public int TestImages { get; }

    public string Description { get; }

    /// <summary>Opens the recipe's data together with the other workers; with <see cref="JobDescription.NoFeed"/> a batch of noise stands for all.</summary>
    public static WorkerFeed Open(IWorkerContext context, Recipe recipe, int threads)
    {
        var layout = Layout(recipe);
        if (context.Job.NoFeed) return new WorkerFeed(recipe, layout);
        var rank = context.Job.Rank;
        int[] neighbours = [.. Enumerable.Range(0, context.Job.Workers).Where(r => context.Hosts[r] == context.Hosts[rank])];
        var leads = neighbours[0] == rank;
        IBatchSource? source = null;
        SharedFeed? shared = null;
        try
        {
            if (leads)
            {
                source = OpenSource(context, recipe, threads);
                shared = new SharedFeed(source, layout, recipe.Batch, neighbours.Length);
            }
            var addresses = context.Gather("feed", shared?.Address ?? "");
            var place = Array.IndexOf(neighbours, rank);
            return new WorkerFeed(source, shared, shared?.Reader(place) ?? FeedReader.Attach(addresses[neighbours[0]], place));
        }
        catch
        {
            shared?.Dispose();
            source?.Dispose();
            throw;
        }
    }

    /// <summary>Begins to make batches.</summary>
    /// <param name="course">The ticks.</param>
    /// <param name="after">Number of the last tick that is done.</param>
    public void Start(Course course, long after) => shared?.Start(course.Ticks(after));

    /// <summary>Waits for a tick's batch: addresses of the input tensor and of the labels. It stays until <see cref="Release"/>.</summary>
    /// <exception cref="FeedException">The feed has ended, or is at another tick.</exception>
    public (nint Images, nint Labels) Take(Tick tick)
    {
        if (noise is not null) return (noise.Images, noise.Labels);
        if (!reader!.TryTake(out var batch)) throw new FeedException($"the feed has no batch for tick {tick.Number}; it has ended");
        if (batch.Tick.Number != tick.Number) throw new FeedException($"the feed brings tick {batch.Tick.Number}; expected tick {tick.Number}");
        return (batch.Images, batch.Labels);
    }

    /// <summary>The batch that was taken may be overwritten.</summary>
    public void Release() => reader?.Release();

    /// <summary>Ends every wait with this reason.</summary>
    public void Abort(string reason)
    {
        shared?.Abort(reason);
        reader?.Abort(reason);
    }

    private static IBatchSource OpenSource(IWorkerContext context, Recipe recipe, int threads)
    {
        var data = recipe.Data ?? throw new DataSetException($"recipe {recipe.Name} names no data; give the path with --data");
        var source = DataSet.Open(data, recipe.Augmentation, new FeedOptions { Seed = recipe.Seed, BatchSize = recipe.Batch, Threads = threads, Log = context.Log });
        if (source.Classes.Count <= recipe.Network.Classes) return source;
        using (source)
            throw new DataSetException($"{source.Description} has {source.Classes.Count} classes; network {recipe.Network.Name} tells {recipe.Network.Classes} apart");
    }

    /// <summary>The network's whole input, with the border that its first layer reads.</summary>
    private static TensorLayout Layout(Recipe recipe)
    {
        var input = recipe.Network.Input;
        var border = recipe.Network.Layers[0] is ConvolutionLayer first ? first.Shape(1).InputBorder : Border.None;
        return new TensorLayout(new BlockRange(0, CaseBlock.Count(recipe.Batch)), new ChannelSet(new ChannelRange(0, input.Channels)), input.Height, input.Width, border);
    }

    public void Dispose()
    {
        reader?.Dispose();
        shared?.Dispose();
        source?.Dispose();
        noise?.Dispose();
    }
}
