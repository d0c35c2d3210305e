using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.TestWorker;

/// <summary>Tensors and slabs such as plans have, drawn from a seed: each process draws the same. Each destination box is written by one slab only.</summary>
public sealed class RandomPlan
{
    /// <param name="workers">Number of workers.</param>
    /// <param name="seed">Everything else follows from it.</param>
    /// <param name="largest">Largest number of channels of a tensor.</param>
    public RandomPlan(int workers, int seed, int largest = 12)
    {
        Workers = workers;
        var random = new Random(seed);
        var slabs = new List<Slab>();
        Sizes = [.. Enumerable.Range(0, workers).Select(_ => new List<long>())];
        var exchange = 0;
        for (var from = 0; from < workers; from++)
        {
            for (var to = 0; to < workers; to++)
            {
                if (from == to) continue;
                for (var n = random.Next(1, 4); n > 0; n--) AddExchange(exchange++, from, to, random, largest, slabs);
            }
        }
        // Numbers in a plan follow the program, not the pairs.
        var ids = Enumerable.Range(0, slabs.Count).ToArray();
        random.Shuffle(ids);
        Slabs = [.. slabs.Select((s, i) => s with { Id = ids[i] * 3 })];
    }

    /// <summary>Number of workers.</summary>
    public int Workers { get; }

    /// <summary>Everything that crosses in a tick.</summary>
    public IReadOnlyList<Slab> Slabs { get; }

    /// <summary>Floats of each tensor, by rank.</summary>
    public IReadOnlyList<List<long>> Sizes { get; }

    private void AddExchange(int exchange, int from, int to, Random random, int largest, List<Slab> slabs)
    {
        var blocks = new BlockRange(random.Next(0, 2), random.Next(1, 4));
        int height = random.Next(1, 14), width = random.Next(1, 14);
        var sent = new ChannelRange(random.Next(0, 5), random.Next(1, largest));
        var source = Layout(blocks, sent, height, width, random);
        var destination = Layout(blocks, sent, height, width, random);
        Sizes[from].Add(source.Size);
        Sizes[to].Add(destination.Size);
        for (var block = blocks.First; block < blocks.End; block++)
        {
            slabs.Add(new Slab(
                0, exchange, from, to,
                Sizes[from].Count - 1, source.Box(block, sent),
                Sizes[to].Count - 1, destination.Box(block, sent),
                exchange % 3 == 2 ? WireFormat.Half : WireFormat.Single));
        }
    }

    /// <summary>A layout that holds the channels, with some more and with a border or without.</summary>
    private static TensorLayout Layout(BlockRange blocks, ChannelRange sent, int height, int width, Random random)
    {
        var first = random.Next(0, sent.First + 1);
        var held = new ChannelSet(new ChannelRange(first, sent.End - first + random.Next(0, 4)));
        var border = random.Next(3) == 0 ? Border.None : new Border(random.Next(3), random.Next(3), random.Next(3), random.Next(3));
        return new TensorLayout(blocks, held, height, width, border);
    }
}
