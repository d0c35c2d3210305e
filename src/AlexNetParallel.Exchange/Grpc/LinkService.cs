using System.Globalization;
using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;

namespace AlexNetParallel.Exchange.Grpc;

/// <summary>Takes the streams that workers of higher rank open to this one, and knows what they tell ahead: their rank, and a digest of the slabs that both share.</summary>
internal sealed class LinkService : TensorExchangeBase
{
    internal const string RankHeader = "alexnet-rank";
    internal const string PlanHeader = "alexnet-plan";

    private readonly TaskCompletionSource<(SlabTable Table, StreamLink?[] Links)> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly HashSet<int> taken = [];

    /// <summary>What a caller tells ahead.</summary>
    public static Metadata Headers(SlabTable table, int peer) => new()
    {
        { RankHeader, table.Rank.ToString(CultureInfo.InvariantCulture) },
        { PlanHeader, table.Digest(peer) },
    };

    /// <summary>From now on streams are taken; those that came before have waited.</summary>
    public void Accept(SlabTable table, StreamLink?[] links) => ready.TrySetResult((table, links));

    /// <summary>Streams that wait to be taken never will be.</summary>
    public void Refuse() => ready.TrySetException(Refusal(StatusCode.Unavailable, "the worker has left"));

    /// <inheritdoc/>
    public override async Task Open(TensorStream stream, TensorCall context)
    {
        var (table, links) = await ready.Task.WaitAsync(context.CancellationToken).ConfigureAwait(false);
        var given = context.RequestHeaders.GetValue(RankHeader);
        if (!int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var peer) || peer >= links.Length || links[peer] is not { } link || peer < table.Rank)
            throw Refusal(StatusCode.InvalidArgument, $"worker {table.Rank} expects no stream from worker {given ?? "(no rank)"}");
        if (context.RequestHeaders.GetValue(PlanHeader) != table.Digest(peer))
            throw Refusal(StatusCode.FailedPrecondition, $"worker {table.Rank} and worker {peer} do not have the same plan: start all workers with the same version and recipe");
        lock (taken)
        {
            if (!taken.Add(peer)) throw Refusal(StatusCode.AlreadyExists, $"worker {table.Rank} has a stream from worker {peer} already");
        }
        // A peer that broke the rules learns which.
        if (await link.RunAsync(stream).ConfigureAwait(false) is InvalidDataException wrong) throw Refusal(StatusCode.Aborted, wrong.Message);
    }

    private static RpcException Refusal(StatusCode code, string why) => new(new Status(code, why));
}
