using AlexNetParallel.Rpc.Protos;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// The service of <c>proto/exchange.proto</c>, with payloads in native memory, over HTTP/2 of our own (docs/rpc.md says why). What crosses the wire is what generated classes and any other
/// implementation of gRPC would send.
/// </summary>
public static class TensorExchange
{
    /// <summary>The description of the service.</summary>
    public static ServiceDescriptor Descriptor => ExchangeReflection.Descriptor.Services[0];

    /// <summary>The path of its one method.</summary>
    internal static string Path { get; } = $"/{Descriptor.FullName}/Open";

    /// <summary>Opens a stream, on a connection of its own, to the worker at the other end of a channel. Returns at once; a failure shows when the stream is used.</summary>
    /// <param name="channel">The way there; the stream ends with it.</param>
    /// <param name="headers">What the worker is told ahead, such as the caller's rank.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public static TensorStream Open(RpcChannel channel, Metadata? headers = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        return ClientConnection.Open(channel, headers ?? Metadata.Empty, cancellation);
    }
}

/// <summary>The server's side of <see cref="TensorExchange"/>.</summary>
public abstract class TensorExchangeBase
{
    /// <summary>A worker has opened a stream. The stream is open until this returns; an <see cref="RpcException"/> tells the worker why it ended.</summary>
    public abstract Task Open(TensorStream stream, TensorCall call);
}
