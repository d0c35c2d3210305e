using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Direct;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange.InProcess;

/// <summary>One worker of an <see cref="InProcessHub"/>.</summary>
internal sealed unsafe class InProcessTransport : DirectTransport
{
    private const int HugePage = 2 << 20;

    private readonly InProcessHub hub;
    private readonly Dictionary<int, SharedTensor> tensors = [];
    private readonly Lock linesGate = new();
    private readonly Dictionary<int, nint> lines = [];
    private Endpoint* page;

    public InProcessTransport(InProcessHub hub, int rank, int workers) : base(rank, workers)
    {
        this.hub = hub;
        page = (Endpoint*)AllocateZeroed(Endpoint.PageBytes, Rendezvous.LineBytes);
    }

    public override string Name => "in-process";

    public override nint Allocate(int tensor, long floats)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(floats);
        if (tensors.ContainsKey(tensor)) throw new ArgumentException($"tensor {tensor} of worker {Rank} was allocated before", nameof(tensor));
        var bytes = floats * sizeof(float);
        var address = AllocateZeroed(bytes, bytes >= HugePage ? HugePage : 4096);
        tensors.Add(tensor, new SharedTensor(address, floats));
        return address;
    }

    public override Task<string> ListenAsync(CancellationToken cancellation) => Task.FromResult($"in-process:{Rank}");

    private protected override void Reach(int peer, string address, SlabTable slabs)
    {
        if (address != $"in-process:{peer}") throw new ArgumentException($"the address of worker {peer} should be in-process:{peer}, not {address}", nameof(address));
    }

    private protected override Endpoint* Page(int rank) => hub.Member(rank).page;

    private protected override Rendezvous* Line(Slab slab) => hub.Member(slab.To).IncomingLine(slab.Id);

    private protected override SharedTensor Tensor(int rank, int tensor) =>
        hub.Member(rank).tensors.TryGetValue(tensor, out var found) ? found : throw new ArgumentException($"worker {rank} has not allocated tensor {tensor}");

    private protected override bool IsAlive(int peer) => true;

    private protected override void Release() => hub.Leave();

    internal void Free()
    {
        foreach (var tensor in tensors.Values) NativeMemory.AlignedFree((void*)tensor.Address);
        foreach (var line in lines.Values) NativeMemory.AlignedFree((void*)line);
        NativeMemory.AlignedFree(page);
        page = null;
    }

    /// <summary>The sender and the receiver connect in any order, on threads of their own.</summary>
    private Rendezvous* IncomingLine(int slab)
    {
        lock (linesGate)
        {
            if (!lines.TryGetValue(slab, out var line)) lines.Add(slab, line = AllocateZeroed(Rendezvous.LineBytes, Rendezvous.LineBytes));
            return (Rendezvous*)line;
        }
    }

    private static nint AllocateZeroed(long bytes, int alignment)
    {
        var size = (nuint)Math.Max(bytes, Rendezvous.LineBytes);
        var memory = NativeMemory.AlignedAlloc(size, (nuint)alignment);
        if (alignment == HugePage) LinuxMemory.PreferHugePages((nint)memory, (long)size);
        NativeMemory.Clear(memory, size);
        return (nint)memory;
    }
}
