namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// A message of <c>proto/exchange.proto</c> without its payload: that lies in native memory on the way out, and still in the transport on the way
/// in. One object serves all messages of a stream's direction.
/// </summary>
internal sealed class TensorFrame
{
    /// <summary>The slab's number in the plan.</summary>
    public int Slab { get; set; }

    /// <summary>The run of the program.</summary>
    public long Tick { get; set; }

    /// <summary>On the way out: the payload.</summary>
    public NativeRows Source { get; set; }

    /// <summary>On the way out: shows the payload's rows to the transport.</summary>
    public NativeWindow Window { get; } = new();

    /// <summary>On the way in: the payload's size.</summary>
    public int PayloadBytes { get; set; }

    /// <summary>On the way in: what the payload is read from.</summary>
    public IPayloadSource? Payload { get; set; }
}

/// <summary>The payload of a message that is being received.</summary>
internal interface IPayloadSource
{
    /// <summary>Fills the memory with the payload's next bytes.</summary>
    /// <exception cref="Grpc.Core.RpcException">The call broke off, or the payload has fewer bytes.</exception>
    ValueTask ReadExactlyAsync(Memory<byte> destination);
}
