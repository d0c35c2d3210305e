using System.Diagnostics;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Sharing;
using AlexNetParallel.Data.Tests.Support;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Data.Tests;

/// <summary>The ring between a producer and the workers of a host: threads here, then real processes.</summary>
public sealed unsafe class SharedFeedTests(SharedFeedTests.GeneratedSource generated) : IClassFixture<SharedFeedTests.GeneratedSource>
{
    private static readonly TensorLayout Layout = Batches.Layout(2, 28);
    private readonly IBatchSource source = generated.Source;

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 3)]
    [InlineData(3, 2)]
    public void Every_reader_gets_every_batch_in_order(int readers, int slots)
    {
        Tick[] ticks = [.. Enumerable.Range(0, 12).Select(b => b % 5 == 4 ? Batches.Test(b, 64) : Batches.Train(b, 64)), Batches.Test(15, 40)];
        var expected = ticks.Select(Digest).ToArray();
        using var feed = new SharedFeed(source, Layout, 64, readers, slots);
        feed.Start(ticks);
        var got = new string[readers][];
        Parallel.For(0, readers, r =>
        {
            using var reader = feed.Reader(r);
            Assert.Equal((5000, 1000, 10), (reader.TrainImages, reader.TestImages, reader.Classes));
            Assert.Equal(source.Description, reader.Description);
            var lines = new List<string>();
            while (reader.TryTake(out var batch))
            {
                Assert.Equal(0, batch.Images % 4096);
                lines.Add(HelperProgram.Digest(batch, Layout.Size));
                if (r == 1) Thread.Sleep(3);   // a slow one
                reader.Release();
            }
            Assert.False(reader.TryTake(out _));
            got[r] = [.. lines];
        });
        Assert.All(got, lines => Assert.Equal(expected, lines));
    }

    [Fact]
    public void A_slot_is_not_filled_again_before_all_have_released_it()
    {
        using var feed = new SharedFeed(source, Layout, 64, readers: 2, slots: 2);
        feed.Start(Enumerable.Range(0, 6).Select(b => Batches.Train(b, 64)));
        using var fast = feed.Reader(0);
        using var slow = feed.Reader(1);
        Assert.True(slow.TryTake(out var held));
        var before = HelperProgram.Digest(held, Layout.Size);
        for (var b = 0; b < 2; b++)
        {
            Assert.True(fast.TryTake(out _));
            fast.Release();
        }
        // The third batch would lie where the slow one's is.
        var took = false;
        var third = new Thread(() => took = fast.TryTake(out _));
        third.Start();
        Assert.False(third.Join(200));
        Assert.Equal(before, HelperProgram.Digest(held, Layout.Size));
        slow.Release();
        Assert.True(third.Join(TimeSpan.FromSeconds(30)) && took);
    }

    [Fact]
    public void A_worker_with_some_of_the_blocks_sees_them()
    {
        using var feed = new SharedFeed(source, Layout, 64, readers: 2);
        feed.Start([Batches.Train(0, 64)]);
        using var whole = feed.Reader(0);
        using var second = feed.Reader(1, Batches.Layout(1, 28, firstBlock: 1));
        Assert.True(whole.TryTake(out var all));
        Assert.True(second.TryTake(out var half));
        Assert.Equal(all.Images + (nint)(Layout.BlockSize * sizeof(float)), half.Images);
        Assert.Equal(all.Labels, half.Labels);
        using var other = new SharedFeed(source, Layout, 64, 1);
        Assert.Contains("no run of blocks", Assert.Throws<FeedException>(() => other.Reader(0, Batches.Layout(1, 28, Border.All(1)))).Message);
    }

    [Fact]
    public void Nothing_is_allocated_by_a_reader()
    {
        using var feed = new SharedFeed(source, Layout, 64, 1);
        feed.Start(Enumerable.Range(0, 200).Select(b => Batches.Train(b % 78, 64)));
        using var reader = feed.Reader(0);
        long before = 0;
        for (var b = 0; b < 200; b++)
        {
            if (b == 100) before = GC.GetAllocatedBytesForCurrentThread();
            Assert.True(reader.TryTake(out _));
            reader.Release();
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(reader.WaitSeconds > 0);
    }

    [Fact]
    public void An_abort_ends_every_wait()
    {
        using var feed = new SharedFeed(source, Layout, 64, readers: 2, slots: 1);
        feed.Start(Enumerable.Range(0, 100).Select(b => Batches.Train(b % 78, 64)));
        using var one = feed.Reader(0);
        using var two = feed.Reader(1);
        Exception? error = null;
        var waiting = new Thread(() => error = Record.Exception(() =>
        {
            while (one.TryTake(out _)) one.Release();   // stops at the second batch: reader 1 takes none
        }));
        waiting.Start();
        Assert.False(waiting.Join(50));
        two.Abort("worker 1 lost its way");
        Assert.True(waiting.Join(TimeSpan.FromSeconds(30)));
        Assert.Equal("worker 1 lost its way", Assert.IsType<FeedException>(error).Message);
        Assert.Throws<FeedException>(() => two.TryTake(out _));
        feed.Abort("too late");
        Assert.Equal("worker 1 lost its way", Assert.Throws<FeedException>(() => one.TryTake(out _)).Message);
    }

    [Fact]
    public void A_batch_that_cannot_be_made_ends_the_feed_with_the_reason()
    {
        using var feed = new SharedFeed(new Failing(), Layout, 64, 1);
        feed.Start([Batches.Train(0, 64), Batches.Train(1, 64)]);
        using var reader = feed.Reader(0);
        Assert.Equal("the disk is on fire", Assert.Throws<FeedException>(() => reader.TryTake(out _)).Message);
    }

    [Fact]
    public void A_feed_that_is_stuck_or_closed_is_said()
    {
        using var stuck = new SharedFeed(source, Layout, 64, 1);   // never started
        using var patient = new FeedReader(RegionOf(stuck), 0, null) { StallTimeout = TimeSpan.FromMilliseconds(300) };
        Assert.Contains("has brought no batch", Assert.Throws<FeedException>(() => patient.TryTake(out _)).Message);

        var closed = new SharedFeed(source, Layout, 64, 1);
        using var reader = closed.Reader(0);
        closed.Dispose();
        closed.Dispose();
        closed.Abort("nobody hears this");
        Assert.Contains("closed", Assert.Throws<FeedException>(() => reader.TryTake(out _)).Message);

        static FeedRegion RegionOf(SharedFeed feed) => FeedRegion.Open(feed.Address);
    }

    [Fact]
    public void Readers_are_told_apart()
    {
        using var feed = new SharedFeed(source, Layout, 64, 1);
        using var reader = feed.Reader(0);
        Assert.Contains("is taken", Assert.Throws<FeedException>(() => feed.Reader(0)).Message);
        Assert.Contains("no reader 1", Assert.Throws<FeedException>(() => feed.Reader(1)).Message);
        Assert.Contains("cannot be opened", Assert.Throws<FeedException>(() => FeedReader.Attach("/proc/1/fd/9999", 0)).Message);
        using var folder = new TemporaryFolder();
        Assert.Contains("no feed", Assert.Throws<FeedException>(() => FeedReader.Attach(folder.Write("x", new byte[9000]), 0)).Message);
        Assert.Throws<InvalidOperationException>(reader.Release);
    }

    [Fact]
    public void Other_processes_read_the_same_batches()
    {
        var ticks = Enumerable.Range(0, 20).Select(b => Batches.Train(b, 64)).ToArray();
        var expected = ticks.Select(Digest).ToArray();
        using var feed = new SharedFeed(source, Layout, 64, readers: 3);
        feed.Start(ticks);
        using var a = new HelperProcess("read", feed.Address, "0");
        using var b = new HelperProcess("read", feed.Address, "1");
        using var here = feed.Reader(2);
        var mine = new List<string>();
        while (here.TryTake(out var batch))
        {
            mine.Add(HelperProgram.Digest(batch, Layout.Size));
            here.Release();
        }
        Assert.Equal(expected, mine);
        foreach (var other in new[] { a, b })
        {
            var (lines, exitCode) = other.Finish();
            Assert.Equal(["attached: " + source.Description, .. expected, "end"], lines);
            Assert.Equal(0, exitCode);
        }
    }

    [Fact]
    public void A_producer_that_is_killed_ends_its_readers_with_a_clear_error()
    {
        using var producer = new HelperProcess("produce", "2");
        var address = producer.ReadLine();
        using var other = new HelperProcess("read", address, "0");
        Assert.StartsWith("attached", other.ReadLine());
        using var here = FeedReader.Attach(address, 1);
        for (var b = 0; b < 10; b++)
        {
            Assert.True(here.TryTake(out _));
            here.Release();
        }
        producer.Kill();
        var clock = Stopwatch.StartNew();
        var error = Assert.Throws<FeedException>(() =>
        {
            while (here.TryTake(out _)) here.Release();
        });
        Assert.Contains($"process {producer.Id} has ended", error.Message);
        var (lines, exitCode) = other.Finish();
        Assert.Equal(3, exitCode);
        Assert.Contains($"process {producer.Id} has ended", lines[^1]);
        Assert.InRange(clock.Elapsed.TotalSeconds, 0, 30);
    }

    [Fact]
    public void A_reader_that_is_killed_ends_the_feed_with_a_clear_error()
    {
        using var feed = new SharedFeed(source, Layout, 64, readers: 2);
        feed.Start(Enumerable.Range(0, 1_000_000).Select(b => Batches.Train(b % 78, 64)));
        using var other = new HelperProcess("read", feed.Address, "0");
        Assert.StartsWith("attached", other.ReadLine());
        using var here = feed.Reader(1);
        Assert.True(here.TryTake(out _));
        here.Release();
        other.Kill();
        var error = Assert.Throws<FeedException>(() =>
        {
            while (here.TryTake(out _)) here.Release();
        });
        Assert.Contains($"reader 0 of the feed, process {other.Id}, has ended", error.Message);
    }

    private string Digest(Tick tick)
    {
        var (images, labels) = Batches.Fill(source, tick, Layout);
        fixed (float* i = images)
        fixed (int* l = labels) return HelperProgram.Digest(new FeedBatch(tick, (nint)i, (nint)l), Layout.Size);
    }

    /// <summary>One source for all tests.</summary>
    public sealed class GeneratedSource : IDisposable
    {
        public IBatchSource Source { get; } = DataSet.Open(Recipe.Generated, new Augmentation { Mean = MeanKind.ImageAtCrop }, new FeedOptions { Seed = 1, BatchSize = 64, Threads = 1 });

        public void Dispose() => Source.Dispose();
    }

    private sealed class Failing : IBatchSource
    {
        public string Description => "failing";
        public IReadOnlyList<string> Classes => ["a", "b"];
        public TrainingStatistics? Statistics => null;
        public IReadOnlyList<(string File, string Reason)> Skipped => [];
        public int Count(Split split) => 100;
        public void Fill(Tick tick, TensorLayout layout, float* images, Span<int> labels, View? view) => throw new DataSetException("the disk is on fire");
        public void FillPictures(IReadOnlyList<string> paths, View view, TensorLayout layout, float* images) => throw new NotSupportedException();
        public (int Height, int Width) Size => throw new NotSupportedException();
        public int Label(Split split, int image) => throw new NotSupportedException();
        public byte[] Pixels(Split split, int image) => throw new NotSupportedException();
        public byte[] Pixels(string path) => throw new NotSupportedException();
        public void Dispose() { }
    }
}
