using System.Runtime.InteropServices;
using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>One worker's stream to a relay.</summary>
/// <param name="Rank">The worker.</param>
/// <param name="Stream">Its stream.</param>
/// <param name="Plan">Digest of the slabs that it shares with the other.</param>
internal sealed record RelayEnd(int Rank, TensorStream Stream, string? Plan);

/// <summary>Two workers at a relay: each one's call pumps what it sends to the other, and stays open until it has got all that the other sent.</summary>
internal sealed class RelayPair
{
    private readonly TaskCompletionSource<RelayEnd>[] ends = [Source<RelayEnd>(), Source<RelayEnd>()];
    private readonly TaskCompletionSource[] pumped = [new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously)];
    private readonly CancellationTokenSource broken = new();
    private volatile string? why;

    /// <summary>One worker's call.</summary>
    /// <param name="isHigher">Its rank is the higher one.</param>
    /// <param name="own">Its stream.</param>
    /// <param name="count">Told the payload of each message that has passed.</param>
    /// <param name="over">The call is over.</param>
    public async Task RunAsync(bool isHigher, RelayEnd own, Action<long> count, CancellationToken over)
    {
        var (self, peer) = isHigher ? (1, 0) : (0, 1);
        if (!ends[self].TrySetResult(own)) throw RelayService.Refusal(StatusCode.AlreadyExists, $"worker {own.Rank} has a stream for this peer already");
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, broken.Token);
        try
        {
            var other = await ends[peer].Task.WaitAsync(either.Token).ConfigureAwait(false);
            if (other.Plan != own.Plan) throw RelayService.Refusal(StatusCode.FailedPrecondition, $"worker {own.Rank} and worker {other.Rank} do not have the same plan: start all workers with the same version and recipe");
            await PumpAsync(own.Stream, other.Stream, count, either.Token).ConfigureAwait(false);
            pumped[self].TrySetResult();
            await pumped[peer].Task.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            // The first to fail says for both what has happened.
            if (Interlocked.CompareExchange(ref why, e is RpcException { StatusCode: StatusCode.FailedPrecondition } refused ? refused.Status.Detail : $"worker {own.Rank} lost its connection to the relay", null) is null)
                await broken.CancelAsync().ConfigureAwait(false);
            throw RelayService.Refusal(e is RpcException { StatusCode: StatusCode.FailedPrecondition } ? StatusCode.FailedPrecondition : StatusCode.Aborted, why!);
        }
    }

    private static async Task PumpAsync(TensorStream from, TensorStream to, Action<long> count, CancellationToken cancellation)
    {
        using var staging = new Staging();
        while (await from.NextAsync(cancellation).ConfigureAwait(false))
        {
            var (slab, tick, bytes) = (from.Slab, from.Tick, from.PayloadBytes);
            var payload = bytes == 0 ? default : NativeRows.Contiguous(staging.Room(bytes), bytes);
            if (bytes > 0) await from.ReceiveAsync(payload).ConfigureAwait(false);
            await to.SendAsync(slab, tick, payload, cancellation).ConfigureAwait(false);
            if (tick > 0) count(bytes);
        }
    }

    private static TaskCompletionSource<T> Source<T>() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Memory for one message at a time; grows to the longest.</summary>
    private sealed unsafe class Staging : IDisposable
    {
        private void* memory;
        private int size;

        public nint Room(int bytes)
        {
            if (bytes <= size) return (nint)memory;
            NativeMemory.AlignedFree(memory);
            memory = NativeMemory.AlignedAlloc((nuint)bytes, 4096);
            size = bytes;
            return (nint)memory;
        }

        public void Dispose()
        {
            NativeMemory.AlignedFree(memory);
            memory = null;
        }
    }
}
