using AlexNetParallel.Rpc.Http2;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tensors;

/// <summary>The server's end: takes one stream after another.</summary>
/// <param name="service">Handles the streams.</param>
/// <param name="options">Security and keep-alive.</param>
internal sealed class ServerConnection(TensorExchangeBase service, RpcServerOptions options) : Http2Connection, IDisposable
{
    private static readonly TimeSpan GreetingTimeout = TimeSpan.FromSeconds(20);

    private readonly object gate = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Timer? greeting;
    private volatile ServerStream? current;
    private bool stopping;

    /// <summary>Done when the connection is over.</summary>
    public Task Ended => ended.Task;

    /// <inheritdoc/>
    protected override Inbox? Inbox => current?.Messages.Inbox;

    /// <summary>Serves until the connection ends; never throws.</summary>
    public void Run(ByteTransport transport)
    {
        greeting = new Timer(static c => ((ServerConnection)c!).Abort(), this, GreetingTimeout, Timeout.InfiniteTimeSpan);
        Receive(transport, options.KeepAliveDelay, options.KeepAliveTimeout);
    }

    /// <summary>Takes no more streams; ends as soon as none is open.</summary>
    public void Stop()
    {
        lock (gate)
        {
            stopping = true;
            if (current is not null) return;
        }

        Abort();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        greeting?.Dispose();
        ended.TrySetResult();
    }

    /// <summary>A stream's handler is done: the connection is free for the next.</summary>
    public void Release(ServerStream stream)
    {
        lock (gate)
        {
            if (current == stream) current = null;
        }

        Window.End();
        stream.Messages.Inbox.Abandon();
    }

    /// <summary>The end of a stream has been sent.</summary>
    public void Released()
    {
        if (stopping) Abort();
    }

    /// <inheritdoc/>
    protected override void Greet()
    {
        Sink!.Send(Settings((Setting.MaxConcurrentStreams, 1), (Setting.InitialWindowSize, Http2Protocol.LargestWindow), (Setting.MaxFrameSize, Http2Protocol.LargestFrame),
            (Setting.MaxHeaderListSize, Http2Protocol.LongestHeaderList)));
        if (!Source.Payload(Http2Protocol.Preface.Length).SequenceEqual(Http2Protocol.Preface)) throw Wrong("it does not begin with the preface of a client");
        Source.Advance(Http2Protocol.Preface.Length);
    }

    /// <inheritdoc/>
    protected override void OnGreeted() => greeting!.Dispose();

    /// <inheritdoc/>
    protected override void OnHeaders(int stream, HeaderList fields, bool ends)
    {
        if (stream == Stream && IsIncomingOpen)
        {
            if (!ends) throw Wrong("headers within the stream");
            EndIncoming(null); // trailers: gRPC has none that matter from a client
            return;
        }

        if (stream % 2 == 0 || stream <= LastStream) throw Wrong($"a new stream {stream} behind {LastStream}");
        if (current is not null || stopping)
        {
            LastStream = stream;
            Sink!.Leave(FrameType.ResetStream, stream, (uint)Http2Error.RefusedStream);
            return;
        }

        Begin(stream, ends);
        var next = new ServerStream(this, stream);
        if (next.Refusal(fields, options.Security) is { } refusal)
        {
            next.Refuse(refusal);
            return;
        }

        lock (gate) current = next;
        if (ends) next.Messages.Inbox.End(null);
        Window.Begin();
        next.Start(service, fields);
    }

    /// <inheritdoc/>
    protected override void OnReset(Http2Error error) => current?.Gone(new Status(StatusCode.Cancelled, $"The client reset the stream ({error})."));

    /// <inheritdoc/>
    protected override void OnFailed(Exception why)
    {
        greeting?.Dispose();
        current?.Gone(new Status(StatusCode.Unavailable, $"The connection to the client broke: {why.Message}."));
    }
}
