using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>
/// What errors of HTTP mean for a call: doc/http-grpc-status-mapping.md for HTTP statuses and doc/PROTOCOL-HTTP2.md ("Errors") for the codes of
/// RST_STREAM, both of grpc/grpc.
/// </summary>
internal static class HttpErrors
{
    /// <summary>The status for a response that is not 200.</summary>
    public static Status ToStatus(HttpStatusCode code, string target) => new(
        (int)code switch
        {
            400 => StatusCode.Internal,
            401 => StatusCode.Unauthenticated,
            403 => StatusCode.PermissionDenied,
            404 => StatusCode.Unimplemented,
            429 or 502 or 503 or 504 => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        },
        $"{target} answered with HTTP status {(int)code}; expected 200.");

    /// <summary>The status for an exception of the HTTP client.</summary>
    public static Status ToStatus(Exception exception, string target)
    {
        for (var e = exception; e is not null; e = e.InnerException)
        {
            switch (e)
            {
                case HttpProtocolException protocol:
                    return SaidByPeer(protocol)
                        ? new Status(OfReset(protocol.ErrorCode), $"{target} broke the call off: {protocol.Message}", exception)
                        : new Status(StatusCode.Unavailable, $"The connection to {target} was given up: {protocol.Message}", exception);
                case AuthenticationException:
                    return new Status(StatusCode.Unavailable, $"No trusted connection to {target}: {Innermost(e).Message}", exception);
                case SocketException socket:
                    return new Status(StatusCode.Unavailable, $"No connection to {target}: {socket.Message}.", exception);
            }
        }

        return exception switch
        {
            HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException =>
                new Status(StatusCode.Unavailable, $"The connection to {target} failed: {Innermost(exception).Message}", exception),
            _ => new Status(StatusCode.Internal, $"The call to {target} failed: {exception.Message}", exception),
        };
    }

    /// <summary>
    /// Tells a code that the peer sent from one with which our own HTTP client gave the connection up, as it does when a ping stays without an answer.
    /// .NET has one exception for both; only the text of the first names the code.
    /// </summary>
    private static bool SaidByPeer(HttpProtocolException protocol) =>
        protocol.Message.Contains($"0x{protocol.ErrorCode:x}", StringComparison.OrdinalIgnoreCase);

    private static StatusCode OfReset(long http2Error) => http2Error switch
    {
        0x7 => StatusCode.Unavailable, // REFUSED_STREAM
        0x8 => StatusCode.Cancelled, // CANCEL
        0xb => StatusCode.ResourceExhausted, // ENHANCE_YOUR_CALM
        0xc => StatusCode.PermissionDenied, // INADEQUATE_SECURITY
        _ => StatusCode.Internal,
    };

    private static Exception Innermost(Exception exception)
    {
        while (exception.InnerException is { } inner) exception = inner;
        return exception;
    }
}
