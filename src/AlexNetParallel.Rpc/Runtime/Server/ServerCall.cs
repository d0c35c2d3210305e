using AlexNetParallel.Rpc.Runtime.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>The life of a call on the server: checks of the request, the handler, the deadline, the status.</summary>
internal static class ServerCall
{
    /// <summary>Runs a handler on a request. Never throws: what goes wrong becomes the status, and is logged.</summary>
    public static async Task RunAsync<TRequest, TResponse>(
        HttpContext http, Method<TRequest, TResponse> method, MessageLimits limits, ILogger log,
        Func<RequestReader<TRequest>, ResponseWriter<TResponse>, CallContext, Task> handler)
        where TRequest : class where TResponse : class
    {
        if (!Accept(http)) return;
        CallContext context;
        try
        {
            context = new CallContext(http, method.FullName);
        }
        catch (RpcException e)
        {
            await ResponseEnd.WriteAsync(http, e.Status, null).ConfigureAwait(false);
            return;
        }

        using var _ = context;
        var encoding = http.Request.Headers["grpc-encoding"].ToString();
        var body = new BodyReader(http.Request.Body, context.CancellationToken);
        var requests = new RequestReader<TRequest>(
            new MessageReader<TRequest>(body, method.RequestMarshaller, limits.ReceiveBytes, encoding.Length == 0 ? null : encoding, StatusCode.Unimplemented), context);
        var responses = new ResponseWriter<TResponse>(context, method.ResponseMarshaller, limits.SendBytes);

        var handling = InvokeAsync();
        if (await EndsBeforeDeadlineAsync(handling, context.DeadlineToken).ConfigureAwait(false))
        {
            var (status, trailers) = await OutcomeAsync(handling, context, log).ConfigureAwait(false);
            await responses.EndAsync(status, trailers).ConfigureAwait(false);
        }
        else
        {
            // The client is told now. The request and its buffers stay until the handler has let go of them, however late.
            ServerLog.DeadlineExceeded(log, method.FullName);
            await responses.EndAsync(DeadlineStatus, null).ConfigureAwait(false);
            await CompleteAsync(http).ConfigureAwait(false);
            await handling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (handling.IsFaulted) ServerLog.EndedLate(log, method.FullName, handling.Exception);
        }

        if (requests.Close()) body.Dispose();

        async Task InvokeAsync() => await handler(requests, responses, context).ConfigureAwait(false);
    }

    /// <summary>Checks that this is a gRPC request and takes away limits that do not fit one; false when it was answered with an HTTP error.</summary>
    public static bool Accept(HttpContext http)
    {
        var contentType = http.Request.ContentType ?? "";
        var isGrpc = contentType.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase)
            && (contentType.Length == 16 || contentType[16] == ';' || contentType.AsSpan(16).StartsWith("+proto", StringComparison.OrdinalIgnoreCase));
        var error = !HttpProtocol.IsHttp2(http.Request.Protocol) ? StatusCodes.Status426UpgradeRequired
            : !HttpMethods.IsPost(http.Request.Method) ? StatusCodes.Status405MethodNotAllowed
            : !isGrpc ? StatusCodes.Status415UnsupportedMediaType
            : 0;
        if (error != 0)
        {
            http.Response.StatusCode = error;
            return false;
        }

        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = null;
        if (http.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate) rate.MinDataRate = null;
        http.Response.ContentType = "application/grpc";
        http.Response.Headers["grpc-accept-encoding"] = "identity";
        return true;
    }

    private static readonly Status DeadlineStatus = new(StatusCode.DeadlineExceeded, "The deadline passed before the handler was done.");

    private static async Task<bool> EndsBeforeDeadlineAsync(Task handling, CancellationToken deadline)
    {
        if (!deadline.CanBeCanceled)
        {
            await handling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return true;
        }

        var passed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = deadline.UnsafeRegister(static p => ((TaskCompletionSource)p!).TrySetResult(), passed);
        await Task.WhenAny(handling, passed.Task).ConfigureAwait(false);
        return handling.IsCompleted;
    }

    private static async Task<(Status Status, Metadata? Trailers)> OutcomeAsync(Task handling, CallContext context, ILogger log)
    {
        try
        {
            await handling.ConfigureAwait(false);
            return (context.Status, context.TrailersOrNull);
        }
        catch (RpcException e)
        {
            ServerLog.HandlerStatus(log, context.Method, e.StatusCode, e.Status.Detail);
            return (e.Status, Merge(context.TrailersOrNull, e.Trailers));
        }
        catch (Exception e) when (context.DeadlineToken.IsCancellationRequested && e is OperationCanceledException)
        {
            return (DeadlineStatus, context.TrailersOrNull);
        }
        catch (Exception e) when (context.Http.RequestAborted.IsCancellationRequested)
        {
            ServerLog.ClientGone(log, context.Method, e);
            return (Status.DefaultCancelled, null);
        }
        catch (OperationCanceledException e)
        {
            ServerLog.HandlerCancelled(log, context.Method, e);
            return (new Status(StatusCode.Cancelled, "The handler was cancelled."), context.TrailersOrNull);
        }
        catch (Exception e)
        {
            ServerLog.HandlerThrew(log, context.Method, e);
            return (new Status(StatusCode.Unknown, $"The handler threw {e.GetType().Name}: {e.Message}"), context.TrailersOrNull);
        }
    }

    private static Metadata? Merge(Metadata? ofContext, Metadata ofException)
    {
        if (ofContext is null || ReferenceEquals(ofContext, ofException)) return ofException;
        var all = new Metadata();
        foreach (var entry in ofContext.Concat(ofException)) all.Add(entry);
        return all;
    }

    private static async Task CompleteAsync(HttpContext http)
    {
        try
        {
            await http.Response.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or InvalidOperationException)
        {
            // The client has gone, or the stream was reset: there is nobody left to tell.
        }
    }
}
