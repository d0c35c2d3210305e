using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>Makes an endpoint of each method of a service.</summary>
internal sealed class MethodBinder(IEndpointRouteBuilder endpoints, MessageLimits limits, ILogger log) : ServiceBinderBase
{
    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, UnaryServerMethod<TRequest, TResponse>? handler) =>
        Map(method, async (requests, responses, context) =>
            await responses.WriteValueAsync(NotNull(await handler!(await requests.ReadSingleAsync(), context)), default));

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ClientStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, async (requests, responses, context) => await responses.WriteValueAsync(NotNull(await handler!(requests, context)), default));

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, ServerStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, async (requests, responses, context) => await handler!(await requests.ReadSingleAsync(), responses, context));

    public override void AddMethod<TRequest, TResponse>(Method<TRequest, TResponse> method, DuplexStreamingServerMethod<TRequest, TResponse>? handler) =>
        Map(method, (requests, responses, context) => handler!(requests, responses, context));

    private void Map<TRequest, TResponse>(Method<TRequest, TResponse> method, Func<RequestReader<TRequest>, ResponseWriter<TResponse>, CallContext, Task> handler)
        where TRequest : class where TResponse : class =>
        endpoints.Map(method.FullName, (RequestDelegate)(http => ServerCall.RunAsync(http, method, limits, log, handler)));

    private static T NotNull<T>(T? response) where T : class => response ?? throw new InvalidOperationException("the handler returned null in place of a response");
}
