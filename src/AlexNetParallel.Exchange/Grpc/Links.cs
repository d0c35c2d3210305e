namespace AlexNetParallel.Exchange.Grpc;

/// <summary>The streams of one worker to all of its peers, however they are reached.</summary>
/// <param name="links">By rank of the peer; filled before <see cref="LinkAsync"/>.</param>
/// <param name="closeTimeout">How long <see cref="Close"/> waits for the peers to take what was sent.</param>
internal abstract class Links(StreamLink?[] links, TimeSpan closeTimeout)
{
    private readonly CancellationTokenSource leaving = new();

    /// <summary>By rank of the peer.</summary>
    protected StreamLink?[] ByRank => links;

    /// <summary>True when nothing moves any more. False after <see cref="Close"/> only if a connection could not be ended.</summary>
    public bool HasEnded => links.All(l => l is null || l.Ended.IsCompleted);

    /// <summary>Gets ready to be reached; gives the address.</summary>
    public abstract Task<string> ListenAsync(CancellationToken cancellation);

    /// <summary>Links up with all peers.</summary>
    public async Task LinkAsync(SlabTable own, IReadOnlyList<string> addresses, CancellationToken cancellation)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, leaving.Token);
        OpenAll(own, addresses);
        try
        {
            foreach (var peer in own.Peers) await links[peer]!.Greeted.WaitAsync(either.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            throw new ExchangeException($"worker {own.Rank} was told to stop before it had linked up with its peers");
        }
    }

    /// <summary>Tells all peers that this worker leaves, after what it has sent.</summary>
    public virtual void Leave(string reason)
    {
        foreach (var link in links) link?.Leave(reason);
        leaving.Cancel();
    }

    /// <summary>Gives the peers time to take what was sent, then ends everything.</summary>
    public void Close()
    {
        WaitEnded();
        foreach (var link in links) link?.Cancel();
        CloseConnections();
        WaitEnded();
        leaving.Dispose();
    }

    /// <summary>Begins to open the streams, or to take them.</summary>
    protected abstract void OpenAll(SlabTable own, IReadOnlyList<string> addresses);

    /// <summary>Ends the connections below the streams.</summary>
    protected abstract void CloseConnections();

    private void WaitEnded() => Task.WhenAll(links.OfType<StreamLink>().Select(l => l.Ended)).Wait(closeTimeout);
}
