using AlexNetParallel.Rpc.Runtime.Client;
using AlexNetParallel.Rpc.Runtime.Server;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace AlexNetParallel.Rpc;

/// <summary>What stands between this library and the gRPC runtime: here, the runtime of this project. Packages/RpcAdapter.cs is the other version.</summary>
internal static class RpcAdapter
{
    /// <summary>Makes what starts calls over an HTTP handler; <paramref name="owned"/> closes it.</summary>
    public static CallInvoker CreateInvoker(HttpMessageHandler handler, Uri address, string target, RpcChannelOptions options, out IDisposable owned)
    {
        var http = new HttpMessageInvoker(handler);
        owned = http;
        return new HttpCallInvoker(http, address, target, options.MaxSendMessageBytes, options.MaxReceiveMessageBytes);
    }

    /// <summary>Adds what the runtime needs to the server's services.</summary>
    public static void AddServices(IServiceCollection services, RpcServerOptions options) =>
        services.AddSingleton(new MessageLimits(options.MaxReceiveMessageBytes, options.MaxSendMessageBytes));

    /// <summary>Serves the methods of a service.</summary>
    public static void MapService(WebApplication application, ServerServiceDefinition service)
    {
        var log = application.Services.GetRequiredService<ILoggerFactory>().CreateLogger("AlexNetParallel.Rpc");
        service.BindService(new MethodBinder(application, application.Services.GetRequiredService<MessageLimits>(), log));
    }

    /// <summary>Answers calls of methods that do not exist with UNIMPLEMENTED.</summary>
    public static void MapUnknownMethods(WebApplication application) => application.MapFallback("{**path}", ResponseEnd.UnimplementedAsync);
}
