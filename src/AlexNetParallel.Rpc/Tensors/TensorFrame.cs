namespace AlexNetParallel.Rpc.Tensors;

/// <summary>A message of <c>proto/exchange.proto</c> without its payload's bytes: those lie in native memory on the way out, and still in the connection on the way in. One object serves all messages of a stream's direction.</summary>
internal sealed class TensorFrame
{
    /// <summary>The slab's number in the plan.</summary>
    public int Slab { get; set; }

    /// <summary>The run of the program.</summary>
    public long Tick { get; set; }

    /// <summary>On the way out: the payload.</summary>
    public NativeRows Source { get; set; }

    /// <summary>On the way in: the payload's size.</summary>
    public int PayloadBytes { get; set; }
}
