using System.Text.Json;
using System.Text.Json.Serialization;

namespace AlexNetParallel.Exchange.Peer;

/// <summary>What a worker tells its peers on the same host: which process, which of its files, what lies where.</summary>
/// <param name="Host">Tells hosts, and containers that do not see each other's processes, apart.</param>
/// <param name="Process">Number of the process.</param>
/// <param name="Descriptor">Its descriptor of the segment.</param>
/// <param name="Token">What the segment's first bytes must be.</param>
/// <param name="Tensors">The tensors in it.</param>
/// <param name="Devices">Devices whose memory the worker's device reaches, its own first; null where tensors lie in the host's memory.</param>
internal sealed record PeerAddress(string Host, int Process, int Descriptor, Guid Token, IReadOnlyList<PeerTensor> Tensors, IReadOnlyList<string>? Devices = null)
{
    /// <summary>
    /// True where slabs between the two go from device to device. Both sides ask this of the same two addresses and so agree. Within one process devices' memory
    /// cannot be opened a second time.
    /// </summary>
    public bool ReachesDeviceOf(PeerAddress other) =>
        Devices is { Count: > 0 } own && other.Devices is { Count: > 0 } theirs && Process != other.Process && own.Contains(theirs[0]) && theirs.Contains(own[0]);

    /// <summary>This process's host.</summary>
    public static string ThisHost { get; } =
        File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim() + "/" + new FileInfo("/proc/self/ns/pid").LinkTarget;

    /// <summary>Where other processes find the segment.</summary>
    [JsonIgnore]
    public string Path => $"/proc/{Process}/fd/{Descriptor}";

    /// <summary>Reads what <see cref="Format"/> wrote.</summary>
    /// <exception cref="ArgumentException">It is something else.</exception>
    public static PeerAddress Parse(int rank, string text)
    {
        try
        {
            if (JsonSerializer.Deserialize<PeerAddress>(text) is { Host: not null, Tensors: not null } address) return address;
        }
        catch (JsonException)
        {
        }
        throw new ArgumentException($"the address of worker {rank} is not one of the peer transport: {text}; all workers must use the same transport");
    }

    /// <summary>As text.</summary>
    public string Format() => JsonSerializer.Serialize(this);
}

/// <summary>Where a tensor lies in a segment.</summary>
/// <param name="Tensor">The worker's number of it.</param>
/// <param name="Offset">Bytes from the segment's start.</param>
/// <param name="Floats">Its size.</param>
/// <param name="Exported">What a peer opens to reach it in a device's memory; null where it lies in the host's.</param>
internal sealed record PeerTensor(int Tensor, long Offset, long Floats, string? Exported = null)
{
    /// <summary>Its size in bytes.</summary>
    public long Bytes => Floats * sizeof(float);
}
