using System.Runtime.InteropServices;
using AlexNetParallel.Data;
using AlexNetParallel.Model.Random;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Training.Coordination;

namespace AlexNetParallel.Training.Jobs;

/// <summary>
/// Brings batches to a worker, ahead of the step that needs them: a thread fills the slots of a small ring in the order of the course.
/// </summary>
internal sealed unsafe class WorkerFeed : IDisposable
{
    private const int Slots = 2;

    private readonly IBatchSource? source;
    private readonly TensorLayout layout;
    private readonly int batch;
    private readonly ulong seed;
    private readonly float*[] images = new float*[Slots];
    private readonly int*[] labels = new int*[Slots];
    private readonly SemaphoreSlim free = new(Slots);
    private readonly SemaphoreSlim full = new(0);
    private readonly CancellationTokenSource end = new();
    private Thread? filler;
    private Exception? failure;
    private string? aborted;
    private int next;

    private WorkerFeed(IBatchSource? source, TensorLayout layout, Recipe recipe, int trainImages, int testImages)
    {
        (this.source, this.layout, batch, seed) = (source, layout, recipe.Batch, recipe.Seed);
        (TrainImages, TestImages) = (trainImages, testImages);
        for (var slot = 0; slot < Slots; slot++)
        {
            images[slot] = (float*)NativeMemory.AlignedAlloc((nuint)(layout.Size * sizeof(float)), 4096);
            labels[slot] = (int*)NativeMemory.AllocZeroed((nuint)batch, sizeof(int));
        }
    }

    public int TrainImages { get; }
    public int TestImages { get; }
    public string Description => source?.Description ?? "noise, the same batch for every step";

    /// <summary>Opens the recipe's data; with <see cref="JobDescription.NoFeed"/> a batch of noise stands for all.</summary>
    public static WorkerFeed Open(IWorkerContext context, Recipe recipe, TensorLayout? layout, int threads)
    {
        layout ??= new TensorLayout(new BlockRange(0, CaseBlock.Count(recipe.Batch)), new ChannelSet(new ChannelRange(0, recipe.Network.Input.Channels)),
            recipe.Network.Input.Height, recipe.Network.Input.Width, Border.None);
        if (context.Job.NoFeed) return new WorkerFeed(null, layout, recipe, recipe.Batch * 1000, 0);
        var data = recipe.Data ?? throw new DataSetException($"recipe {recipe.Name} names no data; give the path with --data");
        var source = DataSet.Open(data, recipe.Augmentation, new FeedOptions
        {
            Seed = recipe.Seed,
            BatchSize = recipe.Batch,
            Threads = threads,
            Log = context.Job.Rank == 0 ? context.Log : null,
        });
        if (source.Classes.Count > recipe.Network.Classes)
        {
            using (source)
                throw new DataSetException($"{source.Description} has {source.Classes.Count} classes, network {recipe.Network.Name} tells {recipe.Network.Classes} apart");
        }
        return new WorkerFeed(source, layout, recipe, source.Count(Split.Train), source.Count(Split.Test));
    }

    /// <summary>Begins to fill slots.</summary>
    /// <param name="course">The ticks.</param>
    /// <param name="after">Number of the last tick that is done.</param>
    public void Start(Course course, long after)
    {
        if (source is null)
        {
            FillWithNoise();
            return;
        }
        filler = new Thread(() => Fill(course.Ticks(after))) { IsBackground = true, Name = "feed" };
        filler.Start();
    }

    /// <summary>Waits for a tick's batch. It stays until <see cref="Release"/>.</summary>
    public (nint Images, nint Labels) Take(Tick tick)
    {
        if (source is null) return ((nint)images[0], (nint)labels[0]);
        try
        {
            full.Wait(end.Token);
        }
        catch (OperationCanceledException)
        {
            throw new DataSetException(aborted ?? "the feed has ended");
        }
        if (failure is not null) throw new DataSetException($"the batch of step {tick.Step} could not be made: {failure.Message}");
        return ((nint)images[next], (nint)labels[next]);
    }

    /// <summary>The slot may be filled again.</summary>
    public void Release(Tick tick)
    {
        _ = tick;
        if (source is null) return;
        next = (next + 1) % Slots;
        free.Release();
    }

    public void Abort(string reason)
    {
        aborted ??= reason;
        end.Cancel();
    }

    private void Fill(IEnumerable<Tick> ticks)
    {
        try
        {
            var slot = 0;
            foreach (var tick in ticks)
            {
                free.Wait(end.Token);
                source!.Fill(tick, layout, images[slot], new Span<int>(labels[slot], batch));
                slot = (slot + 1) % Slots;
                full.Release();
            }
        }
        catch (OperationCanceledException)
        {
        }
        catch (Exception e)
        {
            failure = e;
            full.Release();
        }
    }

    private void FillWithNoise()
    {
        new Span<byte>(images[0], checked((int)(layout.Size * sizeof(float)))).Clear();
        for (var i = 0L; i < layout.Size; i += 4)
        {
            var words = Philox.Words(seed, RandomPurpose.GeneratedImages, 1, 0, i);
            images[0][i] = Philox.Uniform(words.X) * 128 - 64;
            images[0][i + 1] = Philox.Uniform(words.Y) * 128 - 64;
            images[0][i + 2] = Philox.Uniform(words.Z) * 128 - 64;
            images[0][i + 3] = Philox.Uniform(words.W) * 128 - 64;
        }
        for (var i = 0; i < batch; i++) labels[0][i] = Philox.Below(Philox.Words(seed, RandomPurpose.GeneratedImages, 2, 0, i).X, 10);
    }

    public void Dispose()
    {
        Abort("the job has ended");
        filler?.Join();
        source?.Dispose();
        for (var slot = 0; slot < Slots; slot++)
        {
            NativeMemory.AlignedFree(images[slot]);
            NativeMemory.Free(labels[slot]);
        }
        end.Dispose();
        free.Dispose();
        full.Dispose();
    }
}
