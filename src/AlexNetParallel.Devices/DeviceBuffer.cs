namespace AlexNetParallel.Devices;

/// <summary>Floats in a device's memory.</summary>
/// <param name="length">Number of floats.</param>
public abstract class DeviceBuffer(long length) : IDisposable
{
    /// <summary>Number of floats.</summary>
    public long Length { get; } = length;

    /// <summary>Address of the first float: in the host's memory, or in the device's where the host cannot read it.</summary>
    /// <exception cref="ObjectDisposedException">The memory was freed.</exception>
    public abstract nint Address { get; }

    /// <summary>Copies floats from the host, starting at <paramref name="offset"/>.</summary>
    public abstract void Write(ReadOnlySpan<float> source, long offset = 0);

    /// <summary>Copies floats to the host, starting at <paramref name="offset"/>.</summary>
    public abstract void Read(Span<float> destination, long offset = 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees the memory, if this object owns it.</summary>
    protected abstract void Dispose(bool disposing);
}
