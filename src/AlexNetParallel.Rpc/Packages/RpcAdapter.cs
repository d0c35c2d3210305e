using System.Buffers;
using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace AlexNetParallel.Rpc;

/// <summary>What stands between this library and the gRPC runtime: here, the official packages. Runtime/RpcAdapter.cs is the other version.</summary>
internal static class RpcAdapter
{
    /// <summary>Makes what starts calls over an HTTP handler; <paramref name="owned"/> closes it.</summary>
    public static CallInvoker CreateInvoker(HttpMessageHandler handler, Uri address, string target, RpcChannelOptions options, out IDisposable owned)
    {
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxSendMessageSize = options.MaxSendMessageBytes,
            MaxReceiveMessageSize = options.MaxReceiveMessageBytes,
        });
        owned = channel;
        return channel.CreateCallInvoker();
    }

    /// <summary>Adds what the runtime needs to the server's services.</summary>
    public static void AddServices(IServiceCollection services, RpcServerOptions options) => services.AddGrpc(grpc =>
    {
        grpc.EnableDetailedErrors = true;
        grpc.MaxSendMessageSize = options.MaxSendMessageBytes;
        grpc.MaxReceiveMessageSize = options.MaxReceiveMessageBytes;
    });

    /// <summary>Serves the methods of a service.</summary>
    public static void MapService(WebApplication application, ServerServiceDefinition service) => application.MapGrpcService(service);

    /// <summary>The packages answer calls of methods that do not exist by themselves.</summary>
    public static void MapUnknownMethods(WebApplication application)
    {
    }

    /// <summary>
    /// Makes the marshaller of tensor messages. The packages hold each message whole: it is copied once more than by our own runtime, and
    /// the limits of size of channel and server apply to it.
    /// </summary>
    public static Marshaller<TensorFrame> CreateTensorMarshaller() => new(Serialize, Deserialize);

    /// <summary>Reads a message.</summary>
    public static ValueTask<bool> MoveNextAsync<T>(IAsyncStreamReader<T> reader, CancellationToken cancellation) => new(reader.MoveNext(cancellation));

    /// <summary>Writes a message.</summary>
    public static ValueTask WriteAsync<T>(IAsyncStreamWriter<T> writer, T message, CancellationToken cancellation) => new(writer.WriteAsync(message, cancellation));

    private static void Serialize(TensorFrame message, SerializationContext context)
    {
        var head = TensorCodec.HeadBytes(message);
        context.SetPayloadLength(checked((int)(head + message.Source.Bytes)));
        var writer = context.GetBufferWriter();
        writer.Advance(TensorCodec.WriteHead(message, writer.GetSpan(head)));
        var box = message.Source.Joined();
        for (var plane = 0; plane < box.Planes; plane++)
        {
            for (var row = 0; row < box.Rows; row++) writer.Write(message.Window.Show(box.Row(plane, row), box.RowBytes).Span);
        }

        context.Complete();
    }

    private static TensorFrame Deserialize(DeserializationContext context)
    {
        var bytes = context.PayloadAsReadOnlySequence();
        var headBytes = (int)Math.Min(bytes.Length, TensorCodec.LongestHead);
        Span<byte> head = stackalloc byte[TensorCodec.LongestHead];
        bytes.Slice(0, headBytes).CopyTo(head);
        var frame = new TensorFrame();
        var payload = bytes.Slice(TensorCodec.ReadHead(frame, head[..headBytes], context.PayloadLength));
        frame.Payload = new HeldPayload(payload.ToArray());
        return frame;
    }

    /// <summary>A payload that the packages have received whole.</summary>
    private sealed class HeldPayload(byte[] bytes) : IPayloadSource
    {
        private int _at;

        public ValueTask ReadExactlyAsync(Memory<byte> destination)
        {
            bytes.AsSpan(_at, destination.Length).CopyTo(destination.Span);
            _at += destination.Length;
            return default;
        }
    }
}
