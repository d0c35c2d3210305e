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
}
