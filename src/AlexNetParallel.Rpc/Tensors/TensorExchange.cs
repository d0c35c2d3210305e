using AlexNetParallel.Rpc.Protos;
using Google.Protobuf.Reflection;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>
/// The service of <c>proto/exchange.proto</c>, with payloads in native memory. Written by hand in the form of generated code, because only the
/// marshaller differs; what crosses the wire is what the generated classes would send.
/// </summary>
public static class TensorExchange
{
    private static readonly Marshaller<TensorFrame> Marshaller = RpcAdapter.CreateTensorMarshaller();

    private static readonly Method<TensorFrame, TensorFrame> OpenMethod =
        new(MethodType.DuplexStreaming, Descriptor.FullName, "Open", Marshaller, Marshaller);

    /// <summary>The description of the service.</summary>
    public static ServiceDescriptor Descriptor => ExchangeReflection.Descriptor.Services[0];

    /// <summary>Opens a stream to the worker at the other end of a channel.</summary>
    /// <param name="channel">The way there.</param>
    /// <param name="headers">What the worker is told ahead, such as the caller's rank.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public static TensorStream Open(ChannelBase channel, Metadata? headers = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(channel);
        var call = channel.CreateCallInvoker().AsyncDuplexStreamingCall(OpenMethod, null, new CallOptions(headers, null, cancellation));
        return new TensorStream(call.ResponseStream, call.RequestStream, call);
    }

    /// <summary>Binds the service. Called by the server when the service is added to it.</summary>
    public static ServerServiceDefinition BindService(TensorExchangeBase service)
    {
        ArgumentNullException.ThrowIfNull(service);
        return ServerServiceDefinition.CreateBuilder()
            .AddMethod(OpenMethod, (requests, responses, context) => service.Open(new TensorStream(requests, responses, null), context))
            .Build();
    }
}

/// <summary>The server's side of <see cref="TensorExchange"/>.</summary>
[BindServiceMethod(typeof(TensorExchange), nameof(TensorExchange.BindService))]
public abstract class TensorExchangeBase
{
    /// <summary>A worker has opened a stream. The stream is open until this returns; an <see cref="RpcException"/> tells the worker why it ended.</summary>
    public abstract Task Open(TensorStream stream, ServerCallContext context);
}
