using AlexNetParallel.Exchange.Direct;
using AlexNetParallel.Exchange.Memory;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Planning;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Exchange.Peer;

/// <summary>
/// Workers as processes of one host (Linux): each lays its tensors into shared memory, and a slab is copied once, from tensor to tensor. The
/// memory has no name in any file system, so nothing of it remains when the processes are gone, whatever ended them.
/// All workers must run as the same user and see each other's processes.
/// </summary>
public sealed unsafe class PeerTransport : DirectTransport
{
    private readonly SafeFileHandle ownFile;
    private readonly Segment own;
    private readonly Member?[] members;
    private readonly IPeerMemory? memory;
    private readonly HashSet<int> direct = [];
    private PeerAddress? ownAddress;

    /// <param name="rank">This worker.</param>
    /// <param name="workers">Number of workers.</param>
    /// <param name="memory">The device's memory, where the tensors lie; null where they lie in the host's. Stays the caller's.</param>
    /// <exception cref="IOException">The system has no shared memory to give.</exception>
    public PeerTransport(int rank, int workers, IPeerMemory? memory = null) : base(rank, workers)
    {
        this.memory = memory;
        if (!OperatingSystem.IsLinux()) throw new PlatformNotSupportedException("the peer transport needs Linux; use grpc");
        own = Segment.Create(rank, out ownFile);
        members = new Member?[workers];
    }

    /// <inheritdoc/>
    public override string Name => "peer";

    /// <summary>The device's memory, where tensors lie in one.</summary>
    public IPeerMemory? Memory => memory;

    /// <inheritdoc/>
    public override nint Allocate(int tensor, long floats)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        return own.Allocate(tensor, floats);
    }

    /// <inheritdoc/>
    public override Task<string> ListenAsync(CancellationToken cancellation)
    {
        ownAddress = new PeerAddress(
            PeerAddress.ThisHost, Environment.ProcessId, (int)ownFile.DangerousGetHandle(), own.Page->Token,
            [.. own.Tensors.Select(t => t with { Exported = memory?.Export(t.Tensor) })], memory?.Reachable);
        return Task.FromResult(ownAddress.Format());
    }

    private protected override void Reach(int peer, string address)
    {
        var told = PeerAddress.Parse(peer, address);
        if (told.Host != PeerAddress.ThisHost)
            throw new ExchangeException($"worker {peer} runs on another host, or in a container whose processes are not seen here; the peer transport is for one host: use grpc");
        var watch = ProcessWatch.Open(told.Process) ?? throw Gone(peer, told, null);
        Segment? segment = null;
        try
        {
            segment = Open(peer, told);
            // The process may have ended, and its number been given to another, before it was watched.
            if (segment.Page->Token != told.Token) throw Gone(peer, told, null);
            members[peer] = new Member(told, watch, segment);
        }
        catch
        {
            segment?.Dispose();
            watch.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public override long MappedBytes => members.Sum(m => m?.Segment.Tensors.Sum(t => t.Bytes) ?? 0);

    /// <inheritdoc/>
    public override bool MovesBetweenDevices(int slab) => direct.Contains(slab);

    private protected override SlabEnds Ends(Slab slab, int peer)
    {
        // Devices copy floats as they are; halves are made in the host's memory.
        if (memory is null || ownAddress is null || slab.Wire != WireFormat.Single || !ownAddress.ReachesDeviceOf(members[peer]!.Address)) return base.Ends(slab, peer);
        direct.Add(slab.Id);
        return new SlabEnds(DeviceTensor(slab.From, slab.SourceTensor), DeviceTensor(slab.To, slab.DestinationTensor));
    }

    private protected override long Copy(Slab slab, float* source, float* destination)
    {
        if (!direct.Contains(slab.Id)) return base.Copy(slab, source, destination);
        memory!.Copy((nint)source, slab.Source, (nint)destination, slab.Destination);
        return slab.Bytes;
    }

    private SharedTensor DeviceTensor(int rank, int tensor)
    {
        var place = Place(rank, tensor);
        return new SharedTensor(rank == Rank ? memory!.Address(tensor) : memory!.Open(place.Exported!), place.Floats);
    }

    private PeerTensor Place(int rank, int tensor) =>
        (rank == Rank ? own.Tensors : members[rank]!.Address.Tensors).FirstOrDefault(p => p.Tensor == tensor)
            ?? throw new ArgumentException($"worker {rank} has not allocated tensor {tensor}");

    private protected override Endpoint* Page(int rank) => (rank == Rank ? own : members[rank]!.Segment).Page;

    private protected override Rendezvous* Line(Slab slab) => (slab.To == Rank ? own : members[slab.To]!.Segment).Line(slab.Id);

    private protected override SharedTensor Tensor(int rank, int tensor)
    {
        var place = Place(rank, tensor);
        return new SharedTensor((rank == Rank ? own : members[rank]!.Segment).Map(place), place.Floats);
    }

    private protected override bool IsAlive(int peer) => members[peer]!.Watch.IsAlive();

    private protected override void Release()
    {
        own.Dispose();
        foreach (var member in members)
        {
            member?.Segment.Dispose();
            member?.Watch.Dispose();
        }
    }

    private static Segment Open(int peer, PeerAddress told)
    {
        try
        {
            var file = File.OpenHandle(told.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            try
            {
                if (RandomAccess.GetLength(file) < Segment.TensorsOffset) throw Gone(peer, told, null);
                return new Segment(file);
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ExchangeException($"worker {peer} (process {told.Process}) does not let this process reach its memory: run all workers as one user", e);
        }
        catch (Exception e) when (e is IOException or NotSupportedException)
        {
            // No such file any more, or the number is another file's by now.
            throw Gone(peer, told, e);
        }
    }

    private static ExchangeException Gone(int peer, PeerAddress told, Exception? inner) =>
        new($"worker {peer} (process {told.Process}) has ended before this worker could link up with it", inner);

    private sealed record Member(PeerAddress Address, ProcessWatch Watch, Segment Segment);
}
