using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Peer;

/// <summary>
/// A device's memory as the <see cref="PeerTransport"/> uses it: where two workers' devices reach each other's memory, slabs go from tensor to tensor there, and the host's
/// memory has no part in it. Two threads may call <see cref="Copy"/> at once.
/// </summary>
public interface IPeerMemory
{
    /// <summary>Devices whose memory this worker's device reaches, by names that are the same in every process: its own first.</summary>
    IReadOnlyList<string> Reachable { get; }

    /// <summary>What other processes open to reach a tensor of this worker (opaque).</summary>
    string Export(int tensor);

    /// <summary>Address, for this device, of one of its own tensors.</summary>
    nint Address(int tensor);

    /// <summary>Address, for this device, of a tensor that another process exported.</summary>
    nint Open(string exported);

    /// <summary>Copies a box of a tensor into a box of another; it lies there when the call returns.</summary>
    void Copy(nint source, in StridedBox from, nint destination, in StridedBox to);
}
