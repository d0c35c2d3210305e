using System.Globalization;
using AlexNetParallel.Rpc.Http2;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>One stream of a server: the request's check, the handler, the status.</summary>
internal sealed class ServerStream : ITensorEnd
{
    /// <summary>A status is one frame, which every client takes.</summary>
    private const int LongestDetail = 2048;

    private readonly ServerConnection connection;
    private readonly int number;
    private readonly CancellationTokenSource over = new();
    private readonly object gate = new();
    private bool hasHeaders;
    private volatile bool deadlinePassed;
    private RpcException? gone;
    private Timer? deadline;

    public ServerStream(ServerConnection connection, int number)
    {
        (this.connection, this.number) = (connection, number);
        Messages = new TensorStream(connection, this);
    }

    /// <summary>What the handler gets.</summary>
    public TensorStream Messages { get; }

    /// <summary>Why a request is not served; null if it is.</summary>
    public HeaderList? Refusal(HeaderList fields, RpcSecurity security)
    {
        if (fields[":method"] != "POST") return [(":status", "405")];
        if (fields["content-type"]?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true) return [(":status", "415")];
        if (!security.Accepts(fields["authorization"] ?? "")) return Ended(new Status(StatusCode.Unauthenticated, "The call carries no valid token: give client and server the same one."), null);
        if (fields[":path"] != TensorExchange.Path)
            return Ended(new Status(StatusCode.Unimplemented, $"There is no '{fields[":path"]}' on this connection, only {TensorExchange.Path}: open another connection for other methods."), null);
        return fields["grpc-timeout"] is { } timeout && !Timeouts.TryParse(timeout, out _)
            ? Ended(new Status(StatusCode.Internal, $"The grpc-timeout '{timeout}' is not valid: expected one to eight digits and one of H, M, S, m, u, n."), null)
            : null;
    }

    /// <summary>Answers without a handler.</summary>
    public void Refuse(HeaderList answer) => Send(answer, FrameFlags.EndStream);

    /// <summary>Begins to handle the stream, on the thread pool.</summary>
    public void Start(TensorExchangeBase service, HeaderList fields)
    {
        if (fields["grpc-timeout"] is { } text && Timeouts.TryParse(text, out var timeout) && timeout <= Timeouts.Longest)
            deadline = new Timer(static s => ((ServerStream)s!).PassDeadline(), this, timeout, Timeout.InfiniteTimeSpan);
        _ = Task.Run(() => HandleAsync(service, fields));
    }

    /// <summary>The client takes no further part.</summary>
    public void Gone(Status why)
    {
        lock (gate) gone ??= new RpcException(why);
        Messages.Inbox.End(gone);
        connection.Window.End();
        _ = over.CancelAsync();
    }

    /// <inheritdoc/>
    public void BeforeData()
    {
        lock (gate)
        {
            if (hasHeaders) return;
            hasHeaders = true;
        }

        Send([(":status", "200"), ("content-type", "application/grpc"), ("grpc-accept-encoding", "identity")], FrameFlags.None);
    }

    /// <inheritdoc/>
    public void Complete()
    {
    }

    /// <inheritdoc/>
    public void Cancel()
    {
        try
        {
            connection.Sink!.Leave(FrameType.ResetStream, number, (uint)Http2Error.Cancel);
        }
        catch (IOException)
        {
            // It ends anyway.
        }

        connection.Abort();
    }

    /// <inheritdoc/>
    public void Close()
    {
    }

    /// <inheritdoc/>
    public RpcException Over(Exception? found) => gone ?? new RpcException(new Status(StatusCode.Unavailable, found is null ? "The call is over; nothing more can be sent." : $"The connection to the client broke: {found.Message}."));

    private async Task HandleAsync(TensorExchangeBase service, HeaderList fields)
    {
        Status status;
        Metadata? trailers = null;
        try
        {
            var metadata = new Metadata();
            foreach (var (name, value) in fields) MetadataHeaders.Add(metadata, name, value);
            await service.Open(Messages, new TensorCall(metadata, over.Token)).ConfigureAwait(false);
            status = Status.DefaultSuccess;
        }
        catch (Exception e) when (deadlinePassed && e is OperationCanceledException or RpcException { StatusCode: StatusCode.Cancelled })
        {
            status = new Status(StatusCode.DeadlineExceeded, "The deadline passed before the handler was done.");
        }
        catch (RpcException e)
        {
            (status, trailers) = (e.Status, e.Trailers);
        }
        catch (OperationCanceledException)
        {
            status = new Status(StatusCode.Cancelled, "The handler was cancelled.");
        }
        catch (Exception e)
        {
            status = new Status(StatusCode.Unknown, $"The handler threw {e.GetType().Name}: {e.Message}");
        }

        deadline?.Dispose();
        var incomplete = connection.IsIncomingOpen;
        connection.Release(this);
        if (gone is null)
        {
            Send(Ended(status, trailers), FrameFlags.EndStream);
            // The client may stop sending: nobody listens (RFC 9113, section 8.1).
            if (incomplete) Reset(Http2Error.NoError);
        }

        connection.Released();
    }

    private void PassDeadline()
    {
        deadlinePassed = true;
        _ = over.CancelAsync();
    }

    private HeaderList Ended(Status status, Metadata? trailers)
    {
        HeaderList list = [];
        lock (gate)
        {
            if (!hasHeaders) list.AddRange([(":status", "200"), ("content-type", "application/grpc")]);
            hasHeaders = true;
        }

        list.Add("grpc-status", ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture));
        var detail = status.Detail ?? "";
        if (detail.Length > 0) list.Add("grpc-message", PercentEncoding.Encode(detail[..Math.Min(detail.Length, LongestDetail)]));
        foreach (var entry in trailers ?? Metadata.Empty) list.Add(entry.Key, MetadataHeaders.Value(entry));
        return list;
    }

    private void Send(HeaderList fields, FrameFlags flags)
    {
        try
        {
            connection.Sink!.Leave(FrameType.Headers, flags | FrameFlags.EndHeaders, number, fields.Encode());
        }
        catch (IOException)
        {
            connection.Abort(); // its answers are not read
        }
    }

    private void Reset(Http2Error error)
    {
        try
        {
            connection.Sink!.Leave(FrameType.ResetStream, number, (uint)error);
        }
        catch (IOException)
        {
            connection.Abort();
        }
    }
}
