using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>What the server logs about calls.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(1, LogLevel.Information, "{Method}: the deadline passed before the handler was done.")]
    public static partial void DeadlineExceeded(ILogger log, string method);

    [LoggerMessage(2, LogLevel.Debug, "{Method} ended with {Code}: {Detail}")]
    public static partial void HandlerStatus(ILogger log, string method, StatusCode code, string detail);

    [LoggerMessage(3, LogLevel.Debug, "{Method}: the client has gone.")]
    public static partial void ClientGone(ILogger log, string method, Exception exception);

    [LoggerMessage(4, LogLevel.Debug, "{Method}: the handler was cancelled.")]
    public static partial void HandlerCancelled(ILogger log, string method, Exception exception);

    [LoggerMessage(5, LogLevel.Error, "{Method}: the handler threw.")]
    public static partial void HandlerThrew(ILogger log, string method, Exception exception);

    [LoggerMessage(6, LogLevel.Debug, "{Method}: the handler ended after its deadline.")]
    public static partial void EndedLate(ILogger log, string method, Exception exception);
}
