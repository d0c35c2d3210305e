using System.Net;
using System.Net.Http.Headers;
using AlexNetParallel.Rpc.Runtime.Wire;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Runtime.Client;

/// <summary>
/// The life of one call on the client: the HTTP/2 request, and how it ends. The first reason to end wins, whatever follows from it on other
/// threads: so a deadline is DEADLINE_EXCEEDED and a cancellation is CANCELLED without a look at any clock or token afterwards.
/// </summary>
internal sealed class ClientCall : IDisposable
{
    private readonly CancellationTokenSource _abort = new();
    private readonly TaskCompletionSource _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Metadata> _headers = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<HttpResponseMessage> _responseReady = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _lock = new();
    private readonly string _target;
    private CancellationTokenRegistration _userCancellation;
    private Timer? _deadline;
    private HttpResponseMessage? _response;
    private RequestContent? _content;
    private Status _status;
    private Metadata _trailers = [];
    private bool _ended;

    /// <summary>A call that is not begun.</summary>
    public ClientCall(string target) => _target = target;

    /// <summary>Cancelled when the call ends other than by the server's own word.</summary>
    public CancellationToken Aborted => _abort.Token;

    /// <summary>Done when the call has ended.</summary>
    public Task Completion => _completion.Task;

    /// <summary>The metadata that came ahead.</summary>
    public Task<Metadata> Headers => _headers.Task;

    /// <summary>The HTTP response, once its headers are here. Faults with the call.</summary>
    public Task<HttpResponseMessage> Response => _responseReady.Task;

    /// <summary>True when the call has ended.</summary>
    public bool Ended => Volatile.Read(ref _ended);

    /// <summary>The call's status.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    public Status GetStatus() => Ended ? _status : throw new InvalidOperationException("The call has not ended: its status is not known.");

    /// <summary>The call's trailers.</summary>
    /// <exception cref="InvalidOperationException">It has not ended.</exception>
    public Metadata GetTrailers() => Ended ? _trailers : throw new InvalidOperationException("The call has not ended: its trailers are not known.");

    /// <summary>The exception that says how the call ended.</summary>
    public RpcException Exception() => new(_status, _trailers);

    /// <summary>Sends the request.</summary>
    public void Begin(HttpMessageInvoker http, HttpRequestMessage request, RequestContent content, CallOptions options)
    {
        _content = content;
        Observe(_headers.Task);
        Observe(_responseReady.Task);
        if (options.Deadline is { } deadline && !SetDeadline(request, deadline))
        {
            End(new Status(StatusCode.DeadlineExceeded, "The deadline had passed before the call began."));
            return;
        }

        if (options.CancellationToken.CanBeCanceled)
            _userCancellation = options.CancellationToken.UnsafeRegister(static call => ((ClientCall)call!).Cancel(), this);
        if (Ended) Release();
        else _ = SendAsync(http, request);
    }

    /// <summary>Ends the call as cancelled by this side.</summary>
    public void Cancel() => End(new Status(StatusCode.Cancelled, "The call was cancelled by the client."));

    /// <summary>Ends the call for this exception, unless it has ended, and gives the exception that says how it ended.</summary>
    public RpcException Fail(Exception exception)
    {
        End(exception is RpcException rpc ? rpc.Status : HttpErrors.ToStatus(exception, _target));
        return Exception();
    }

    /// <summary>Ends the call by the server's trailers, and tells whether it succeeded.</summary>
    public bool EndWithTrailers(HttpResponseMessage response)
    {
        try
        {
            var trailers = Collect(response.TrailingHeaders);
            End(StatusOf(response.TrailingHeaders), trailers, byServer: true);
        }
        catch (RpcException e)
        {
            End(e.Status);
        }

        return _status.StatusCode == StatusCode.OK;
    }

    /// <summary>True when the trailers are here and tell of an error, as they may when the body was cut off by the server.</summary>
    public static bool HasErrorTrailers(HttpResponseMessage response) =>
        response.TrailingHeaders.Contains("grpc-status") && StatusOf(response.TrailingHeaders).StatusCode != StatusCode.OK;

    /// <summary>Cancels the call if it has not ended.</summary>
    public void Dispose() => End(new Status(StatusCode.Cancelled, "The call was disposed before it had ended."));

    private async Task SendAsync(HttpMessageInvoker http, HttpRequestMessage request)
    {
        try
        {
            var response = await http.SendAsync(request, _abort.Token).ConfigureAwait(false);
            lock (_lock)
            {
                _response = response;
                if (_ended) response.Dispose();
            }

            if (response.StatusCode != HttpStatusCode.OK) throw new RpcException(HttpErrors.ToStatus(response.StatusCode, _target));
            if (response.Content.Headers.ContentType?.MediaType?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true)
            {
                throw new RpcException(new Status(
                    StatusCode.Unknown, $"{_target} answered with content-type '{response.Content.Headers.ContentType}'; expected application/grpc. Is it a gRPC server?"));
            }

            var headers = Collect(response.Headers);
            if (response.Headers.Contains("grpc-status")) End(StatusOf(response.Headers), headers, byServer: true); // "Trailers-Only"
            _headers.TrySetResult(headers);
            _responseReady.TrySetResult(response);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>Ends the call, once. By the server: nothing is left to stop but requests that it does not want. Otherwise the stream is reset.</summary>
    private void End(Status status, Metadata? trailers = null, bool byServer = false)
    {
        lock (_lock)
        {
            if (_ended) return;
            _status = status;
            _trailers = trailers ?? _trailers;
            Volatile.Write(ref _ended, true);
        }

        Release();
        _content?.Abort();
        if (!byServer)
        {
            _abort.Cancel();
            lock (_lock) _response?.Dispose();
            _headers.TrySetException(Exception());
            _responseReady.TrySetException(Exception());
        }

        _completion.TrySetResult();
    }

    private void Release()
    {
        _userCancellation.Dispose();
        _deadline?.Dispose();
    }

    private bool SetDeadline(HttpRequestMessage request, DateTime deadline)
    {
        if (deadline == DateTime.MaxValue) return true;
        var left = deadline.ToUniversalTime() - DateTime.UtcNow;
        if (left <= TimeSpan.Zero) return false;
        request.Headers.TryAddWithoutValidation("grpc-timeout", Timeouts.Format(left));
        if (left < Timeouts.Longest)
        {
            _deadline = new Timer(
                static call => ((ClientCall)call!).End(new Status(StatusCode.DeadlineExceeded, "The deadline passed before the call had ended.")),
                this, left + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }

        return true;
    }

    private static Metadata Collect(HttpResponseHeaders headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers.NonValidated)
        {
            foreach (var value in values) MetadataHeaders.Add(metadata, name, value);
        }

        return metadata;
    }

    private static Status StatusOf(HttpResponseHeaders headers)
    {
        if (!headers.NonValidated.TryGetValues("grpc-status", out var codes)) return new Status(StatusCode.Unknown, "The response ended without a grpc-status.");
        if (!int.TryParse(codes.ToString(), out var code)) return new Status(StatusCode.Unknown, $"The grpc-status '{codes}' is not a number.");
        var detail = headers.NonValidated.TryGetValues("grpc-message", out var texts) ? PercentEncoding.Decode(texts.ToString()) : "";
        return code is >= 0 and <= 16
            ? new Status((StatusCode)code, detail)
            : new Status(StatusCode.Unknown, $"grpc-status {code} is not known. {detail}".TrimEnd());
    }

    /// <summary>A fault that nobody waits for is no unobserved exception.</summary>
    private static void Observe(Task task) =>
        task.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
}
