using System.Security.Cryptography;
using AlexNetParallel.Data.Sharing;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Tests.Support;

/// <summary>What the tests start as processes of their own.</summary>
internal static unsafe class HelperProgram
{
    public static int Main(string[] arguments)
    {
        try
        {
            switch (arguments)
            {
                case ["read", var address, var reader]: Read(address, int.Parse(reader)); return 0;
                case ["produce", var readers]: Produce(int.Parse(readers)); return 0;
                default: return 2;
            }
        }
        catch (FeedException e)
        {
            Console.Out.WriteLine("failed: " + e.Message);
            return 3;
        }
    }

    /// <summary>The numbers of a batch as one word.</summary>
    public static string Digest(FeedBatch batch, long floats)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(new ReadOnlySpan<byte>((void*)batch.Images, checked((int)(floats * sizeof(float)))));
        hash.AppendData(new ReadOnlySpan<byte>((void*)batch.Labels, batch.Tick.Cases * sizeof(int)));
        return $"{batch.Tick} {Convert.ToHexStringLower(hash.GetHashAndReset())}";
    }

    /// <summary>Takes all batches; a line for each.</summary>
    private static void Read(string address, int reader)
    {
        using var feed = FeedReader.Attach(address, reader);
        Console.Out.WriteLine($"attached: {feed.Description}");
        while (feed.TryTake(out var batch))
        {
            Console.Out.WriteLine(Digest(batch, Batches.Layout(2, 28).Size));
            feed.Release();
        }
        Console.Out.WriteLine("end");
    }

    /// <summary>Makes batches without end until it is killed.</summary>
    private static void Produce(int readers)
    {
        using var source = DataSet.Open(Recipe.Generated, new Augmentation(), new FeedOptions { Seed = 1, BatchSize = 64 });
        using var feed = new SharedFeed(source, Batches.Layout(2, 28), 64, readers);
        feed.Start(Enumerable.Range(0, int.MaxValue).Select(b => Batches.Train(b % 78, 64, 0, b / 78)));
        Console.Out.WriteLine(feed.Address);
        Thread.Sleep(Timeout.Infinite);
    }
}
