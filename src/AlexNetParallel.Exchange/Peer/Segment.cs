using AlexNetParallel.Exchange.Direct;
using AlexNetParallel.Exchange.Memory;
using AlexNetParallel.Exchange.Waiting;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Exchange.Peer;

/// <summary>
/// One worker's shared memory as this process sees it: a page (<see cref="Endpoint"/>), a line for each slab of the plan that enters the worker, then its
/// tensors. The file is sparse: room for a million slabs costs nothing until it is used.
/// </summary>
internal sealed unsafe class Segment(SafeFileHandle file) : IDisposable
{
    /// <summary>Highest number of slabs in a plan.</summary>
    public const int SlabLimit = 1 << 20;

    /// <summary>Where the first tensor lies.</summary>
    public const long TensorsOffset = (Endpoint.PageBytes + (long)SlabLimit * Rendezvous.LineBytes + Granule - 1) / Granule * Granule;

    private const long Granule = 2 << 20; // a huge page

    private readonly Dictionary<int, (PeerTensor Place, nint Address)> tensors = [];
    private readonly nint control = LinuxMemory.Map(file, 0, TensorsOffset);

    /// <summary>The worker's page.</summary>
    public Endpoint* Page => (Endpoint*)control;

    /// <summary>The worker's tensors that are mapped.</summary>
    public IEnumerable<PeerTensor> Tensors => tensors.Values.Select(t => t.Place);

    /// <summary>Makes a segment for this process's worker.</summary>
    public static Segment Create(int rank, out SafeFileHandle file)
    {
        file = LinuxMemory.CreateFile($"alexnet-worker-{rank}");
        try
        {
            RandomAccess.SetLength(file, TensorsOffset);
            var segment = new Segment(file);
            segment.Page->Token = Guid.NewGuid();
            return segment;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>Where the workers of a slab that enters this worker meet.</summary>
    public Rendezvous* Line(int slab) => slab < SlabLimit
        ? (Rendezvous*)(control + Endpoint.PageBytes) + slab
        : throw new ArgumentException($"slab {slab}: the peer transport has room for {SlabLimit} slabs");

    /// <summary>Adds a tensor, all zeros. For the owner only.</summary>
    public nint Allocate(int tensor, long floats)
    {
        if (tensors.ContainsKey(tensor)) throw new ArgumentException($"tensor {tensor} was allocated before", nameof(tensor));
        var offset = RandomAccess.GetLength(file);
        var bytes = floats * sizeof(float);
        RandomAccess.SetLength(file, offset + (bytes + Granule - 1) / Granule * Granule);
        return Map(new PeerTensor(tensor, offset, floats));
    }

    /// <summary>Makes a tensor visible here.</summary>
    public nint Map(PeerTensor place)
    {
        if (tensors.TryGetValue(place.Tensor, out var known)) return known.Address;
        // Beyond the file's end a read would be a signal, not an error.
        if (place.Floats < 0 || place.Offset < TensorsOffset || place.Offset + place.Bytes > RandomAccess.GetLength(file))
            throw new ArgumentException($"{place} does not lie within its segment");
        // An empty tensor has an address too.
        var bytes = Math.Max(place.Bytes, 1);
        var address = LinuxMemory.Map(file, place.Offset, bytes);
        tensors.Add(place.Tensor, (place, address));
        LinuxMemory.PreferHugePages(address, bytes);
        if (place.Bytes > 0) LinuxMemory.Populate(file, place.Offset, address, place.Bytes);
        return address;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (place, address) in tensors.Values) LinuxMemory.Unmap(address, Math.Max(place.Bytes, 1));
        tensors.Clear();
        LinuxMemory.Unmap(control, TensorsOffset);
        file.Dispose();
    }
}
