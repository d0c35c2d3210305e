using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using AlexNetParallel.Rpc.Hosting;
using AlexNetParallel.Rpc.Http2;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>The client's end: connects, opens the one stream, and ends with it.</summary>
internal sealed class ClientConnection : Http2Connection, ITensorEnd
{
    private const int StreamNumber = 1;

    private readonly RpcAddress address;
    private readonly RpcChannelOptions options;
    private readonly HeaderList request;
    private readonly TensorStream stream;
    private readonly Timer opening;
    private readonly object gate = new();
    private Socket? connecting;
    private RpcException? outcome;
    private bool over;
    private bool hasHeaders;
    private bool timedOut;
    private bool completed;
    private CancellationTokenRegistration byChannel;
    private CancellationTokenRegistration byCaller;

    private ClientConnection(RpcAddress address, RpcChannelOptions options, Metadata metadata)
    {
        (this.address, this.options) = (address, options);
        request = Request(address, options, metadata);
        stream = new TensorStream(this, this);
        opening = new Timer(static c => ((ClientConnection)c!).TimeOut(), this, options.ConnectTimeout, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc/>
    protected override Inbox? Inbox => stream.Inbox;

    /// <inheritdoc/>
    protected override bool IsDone => over;

    /// <inheritdoc/>
    protected override Exception EndWithoutTrailers => Finish(new Status(StatusCode.Internal, "The server ended the stream without a status."), null)!;

    /// <summary>Opens a stream.</summary>
    public static TensorStream Open(RpcChannel channel, Metadata metadata, CancellationToken cancellation)
    {
        var connection = new ClientConnection(channel.Address, channel.Options, metadata);
        new Thread(connection.Run) { IsBackground = true, Name = "alexnet stream to " + channel.Address }.Start();
        connection.byChannel = channel.Closed.UnsafeRegister(static c => ((ClientConnection)c!).Cancel(), connection);
        connection.byCaller = cancellation.UnsafeRegister(static c => ((ClientConnection)c!).Cancel(), connection);
        return connection.stream;
    }

    /// <inheritdoc/>
    public void BeforeData()
    {
    }

    /// <inheritdoc/>
    public void Complete()
    {
        if (!Window.WaitOpen()) return;
        lock (gate)
        {
            if (over || completed) return;
            completed = true;
        }

        Sink!.Leave(FrameType.Data, FrameFlags.EndStream, StreamNumber, default);
    }

    /// <inheritdoc/>
    public void Cancel()
    {
        if (Finish(Status.DefaultCancelled, null) is null || !ReferenceEquals(outcome?.Status.Detail, Status.DefaultCancelled.Detail)) return;
        try
        {
            Sink?.Leave(FrameType.ResetStream, StreamNumber, (uint)Http2Error.Cancel);
        }
        catch (IOException)
        {
            // It ends anyway.
        }

        Abort();
        lock (gate) connecting?.Dispose();
    }

    /// <inheritdoc/>
    public void Close()
    {
        byChannel.Dispose();
        byCaller.Dispose();
        lock (gate)
        {
            if (over) return;
        }

        Cancel();
    }

    /// <inheritdoc/>
    public RpcException Over(Exception? found)
    {
        // What broke a send may be the server's answer, which is still to be received.
        for (var tries = 0; tries < 100 && !Volatile.Read(ref over) && !IsReceiver; tries++) Thread.Sleep(10);
        lock (gate)
        {
            return outcome ?? new RpcException(new Status(StatusCode.Unavailable, over ? "The call is over; nothing more can be sent." : $"The connection to {address} broke: {found?.Message}"));
        }
    }

    /// <inheritdoc/>
    protected override void Greet()
    {
        byte[] settings = Settings((Setting.EnablePush, 0), (Setting.InitialWindowSize, Http2Protocol.LargestWindow), (Setting.MaxFrameSize, Http2Protocol.LargestFrame),
            (Setting.MaxHeaderListSize, Http2Protocol.LongestHeaderList));
        var block = request.Encode();
        if (block.Length > Http2Protocol.DefaultFrame) throw new IOException($"headers of {block.Length} bytes; a frame holds {Http2Protocol.DefaultFrame}");
        var head = new byte[Http2Protocol.FrameHead];
        FrameSink.WriteHead(head, block.Length, FrameType.Headers, FrameFlags.EndHeaders, StreamNumber);
        Begin(StreamNumber, ends: false);
        Sink!.Send([.. Http2Protocol.Preface, .. settings, .. head, .. block]);
        Window.Begin();
    }

    /// <inheritdoc/>
    protected override void OnGreeted() => opening.Dispose();

    /// <inheritdoc/>
    protected override void OnHeaders(int stream, HeaderList fields, bool ends)
    {
        if (stream != StreamNumber || over) throw Wrong($"HEADERS of stream {stream}");
        if (ends)
        {
            EndIncoming(Finish(StatusOf(fields), MetadataOf(fields)));
            return;
        }

        var status = fields[":status"];
        if (status is not null && status.StartsWith('1')) return; // informational
        if (hasHeaders) throw Wrong("headers within the stream");
        hasHeaders = true;
        if (status != "200" || fields["content-type"]?.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase) != true) EndIncoming(Finish(StatusOf(fields), null));
    }

    /// <inheritdoc/>
    protected override void OnReset(Http2Error error)
    {
        var code = error switch
        {
            Http2Error.RefusedStream => StatusCode.Unavailable,
            Http2Error.Cancel => StatusCode.Cancelled,
            Http2Error.EnhanceYourCalm => StatusCode.ResourceExhausted,
            _ => StatusCode.Internal,
        };
        EndIncoming(Finish(new Status(code, $"The server reset the stream ({error})."), null));
    }

    /// <inheritdoc/>
    protected override void OnGoAway(int lastStream, Http2Error error)
    {
        if (lastStream < StreamNumber || error != Http2Error.NoError) EndIncoming(Finish(new Status(StatusCode.Unavailable, $"The server at {address} ended the connection ({error})."), null));
    }

    /// <inheritdoc/>
    protected override void OnFailed(Exception why) => EndIncoming(Finish(
        why is Http2Exception ? new Status(StatusCode.Internal, why.Message, why)
        : timedOut ? new Status(StatusCode.Unavailable, $"{address} gave no answer within {options.ConnectTimeout.TotalSeconds:0.#} s.")
        : new Status(StatusCode.Unavailable, $"The connection to {address} broke: {why.Message}.", why), null));

    private void Run()
    {
        ByteTransport transport;
        try
        {
            transport = Connect();
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or System.Security.Authentication.AuthenticationException)
        {
            var why = timedOut ? $"no answer within {options.ConnectTimeout.TotalSeconds:0.#} s" : (e.InnerException as System.Security.Authentication.AuthenticationException ?? e).Message;
            Window.EndAll();
            stream.Inbox.End(Finish(new Status(StatusCode.Unavailable, $"Cannot connect to {address}: {why}", e), null));
            stream.Inbox.Serve();
            return;
        }

        Receive(transport, options.KeepAliveDelay, options.KeepAliveTimeout);
    }

    private ByteTransport Connect()
    {
        var socket = address.UnixPath is null
            ? new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true }
            : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            lock (gate)
            {
                if (over) throw new IOException("the call was given up");
                connecting = socket;
            }

            if (address.UnixPath is null) socket.Connect(address.Host, address.Port);
            else socket.Connect(new UnixDomainSocketEndPoint(address.UnixPath));
            if (options.Security.Identity is not { } identity) return new SocketTransport(socket);
            var secure = new SslStream(new NetworkStream(socket, ownsSocket: true));
            var how = TlsSetup.ForClient(identity, address);
            how.ApplicationProtocols = [SslApplicationProtocol.Http2];
            secure.AuthenticateAsClient(how);
            return new StreamTransport(secure, secure, () => SocketTransport.End(socket));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        finally
        {
            lock (gate) connecting = null;
        }
    }

    private void TimeOut()
    {
        timedOut = true;
        lock (gate) connecting?.Dispose();
        Abort();
    }

    /// <summary>Notes how the call ended, if it had not; gives what the user is told: null for a good end.</summary>
    private RpcException? Finish(Status status, Metadata? trailers)
    {
        lock (gate)
        {
            if (over) return outcome;
            if (status.StatusCode != StatusCode.OK) outcome = new RpcException(status, trailers ?? []);
            Volatile.Write(ref over, true);
        }

        opening.Dispose();
        Window.End();
        return outcome;
    }

    private static Status StatusOf(HeaderList fields)
    {
        var detail = PercentEncoding.Decode(fields["grpc-message"] ?? "");
        if (fields["grpc-status"] is { } text)
            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? new Status((StatusCode)code, detail) : new Status(StatusCode.Unknown, $"The grpc-status '{text}' is no number.");
        // doc/http-grpc-status-mapping.md of grpc/grpc.
        var http = fields[":status"];
        var mapped = http switch
        {
            "400" => StatusCode.Internal,
            "401" => StatusCode.Unauthenticated,
            "403" => StatusCode.PermissionDenied,
            "404" => StatusCode.Unimplemented,
            "429" or "502" or "503" or "504" => StatusCode.Unavailable,
            _ => StatusCode.Unknown,
        };
        return new Status(mapped, $"The server answered with HTTP status {http ?? "(none)"} and without a gRPC status.");
    }

    private static Metadata MetadataOf(HeaderList fields)
    {
        var metadata = new Metadata();
        foreach (var (name, value) in fields) MetadataHeaders.Add(metadata, name, value);
        return metadata;
    }

    private static HeaderList Request(RpcAddress address, RpcChannelOptions options, Metadata metadata)
    {
        var list = new HeaderList
        {
            { ":method", "POST" },
            { ":scheme", options.Security.Identity is null ? "http" : "https" },
            { ":path", TensorExchange.Path },
            { ":authority", address.UnixPath is null ? $"{address.BracketedHost}:{address.Port}" : "localhost" },
            { "te", "trailers" },
            { "content-type", "application/grpc" },
            { "user-agent", "alexnet" },
        };
        if (options.Security.Token is not null) list.Add("authorization", options.Security.Authorization);
        foreach (var entry in metadata) list.Add(entry.Key, MetadataHeaders.Value(entry));
        return list;
    }
}
