using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Direct;
using AlexNetParallel.Exchange.Memory;
using AlexNetParallel.Exchange.Waiting;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Exchange.InProcess;

/// <summary>One worker of an <see cref="InProcessHub"/>.</summary>
internal sealed unsafe class InProcessTransport(InProcessHub hub, int rank, int workers) : DirectTransport(rank, workers)
{
    private readonly TensorMemory tensors = new(rank);
    private readonly Lock linesGate = new();
    private readonly Dictionary<int, nint> lines = [];
    private readonly Endpoint* page = (Endpoint*)AllocateZeroed(Endpoint.PageBytes);

    public override string Name => "in-process";

    public override nint Allocate(int tensor, long floats) => tensors.Allocate(tensor, floats);

    public override Task<string> ListenAsync(CancellationToken cancellation) => Task.FromResult($"in-process:{Rank}");

    private protected override void Reach(int peer, string address)
    {
        if (address != $"in-process:{peer}") throw new ArgumentException($"the address of worker {peer} should be in-process:{peer}, not {address}", nameof(address));
    }

    private protected override Endpoint* Page(int rank) => hub.Member(rank).page;

    private protected override Rendezvous* Line(Slab slab) => hub.Member(slab.To).IncomingLine(slab.Id);

    private protected override SharedTensor Tensor(int rank, int tensor) => hub.Member(rank).tensors[tensor];

    private protected override bool IsAlive(int peer) => true;

    private protected override void Release() => hub.Leave();

    internal void Free()
    {
        tensors.Free();
        foreach (var line in lines.Values) NativeMemory.AlignedFree((void*)line);
        NativeMemory.AlignedFree(page);
    }

    /// <summary>The sender and the receiver connect in any order, on threads of their own.</summary>
    private Rendezvous* IncomingLine(int slab)
    {
        lock (linesGate)
        {
            if (!lines.TryGetValue(slab, out var line)) lines.Add(slab, line = AllocateZeroed(Rendezvous.LineBytes));
            return (Rendezvous*)line;
        }
    }

    private static nint AllocateZeroed(int bytes)
    {
        var memory = NativeMemory.AlignedAlloc((nuint)bytes, Rendezvous.LineBytes);
        NativeMemory.Clear(memory, (nuint)bytes);
        return (nint)memory;
    }
}
