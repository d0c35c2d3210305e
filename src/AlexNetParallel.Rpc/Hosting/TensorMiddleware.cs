using System.Buffers;
using System.Buffers.Binary;
using AlexNetParallel.Rpc.Http2;
using AlexNetParallel.Rpc.Tensors;
using Microsoft.AspNetCore.Connections;

namespace AlexNetParallel.Rpc.Hosting;

/// <summary>
/// Looks what the first request of a connection is, before Kestrel sees any of it: a tensor stream is served here, and everything else by Kestrel. Some clients
/// (the C core) make no request before the server's SETTINGS have come; so empty ones go out first, and who serves sends its own behind them.
/// </summary>
/// <param name="service">Handles tensor streams.</param>
/// <param name="options">Security and keep-alive.</param>
/// <param name="next">Kestrel's HTTP.</param>
internal sealed class TensorMiddleware(TensorExchangeBase service, RpcServerOptions options, ConnectionDelegate next)
{
    /// <summary>A client that opens a tensor stream does so within its first bytes.</summary>
    private const int LongestOpening = 64 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    /// <summary>Serves a connection.</summary>
    public async Task RunAsync(ConnectionContext context)
    {
        if (!await OpensTensorsAsync(context).ConfigureAwait(false))
        {
            await next(context).ConfigureAwait(false);
            return;
        }

        using var connection = new ServerConnection(service, options);
        var stop = context.ConnectionClosed.UnsafeRegister(static c => ((ServerConnection)c!).Abort(), connection);
        var requested = context.Features.Get<Microsoft.AspNetCore.Connections.Features.IConnectionLifetimeNotificationFeature>()?.ConnectionClosedRequested.UnsafeRegister(static c => ((ServerConnection)c!).Stop(), connection);
        var transport = new StreamTransport(context.Transport.Input.AsStream(), context.Transport.Output.AsStream(), context.Abort);
        new Thread(() => Run(connection, transport)) { IsBackground = true, Name = "alexnet stream" }.Start();
        await connection.Ended.ConfigureAwait(false);
        await stop.DisposeAsync().ConfigureAwait(false);
        if (requested is { } registration) await registration.DisposeAsync().ConfigureAwait(false);
    }

    private static void Run(ServerConnection connection, StreamTransport transport)
    {
        connection.Run(transport);
        connection.Dispose();
    }

    private static async Task<bool> OpensTensorsAsync(ConnectionContext context)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.ConnectionClosed);
        patience.CancelAfter(Patience);
        try
        {
            await context.Transport.Output.WriteAsync(new byte[] { 0, 0, 0, (byte)FrameType.Settings, 0, 0, 0, 0, 0 }, patience.Token).ConfigureAwait(false);
            var input = context.Transport.Input;
            while (true)
            {
                var read = await input.ReadAsync(patience.Token).ConfigureAwait(false);
                var verdict = Judge(read.Buffer.IsSingleSegment ? read.Buffer.FirstSpan : read.Buffer.ToArray());
                var known = verdict is not null || read.IsCompleted || read.Buffer.Length >= LongestOpening;
                input.AdvanceTo(read.Buffer.Start, known ? read.Buffer.Start : read.Buffer.End);
                if (known) return verdict == true;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException)
        {
            return false; // Kestrel knows what to do with a client that is silent, or gone
        }
    }

    /// <summary>True for a tensor stream, false for anything else, null while that cannot be told.</summary>
    private static bool? Judge(ReadOnlySpan<byte> bytes)
    {
        var preface = Http2Protocol.Preface;
        var have = Math.Min(bytes.Length, preface.Length);
        if (!bytes[..have].SequenceEqual(preface[..have])) return false;
        for (bytes = bytes[have..]; bytes.Length >= Http2Protocol.FrameHead;)
        {
            var length = (int)(BinaryPrimitives.ReadUInt32BigEndian(bytes) >> 8);
            var (type, flags) = ((FrameType)bytes[3], (FrameFlags)bytes[4]);
            if (length > Http2Protocol.DefaultFrame || type is FrameType.Data or FrameType.Continuation) return false;
            if (bytes.Length < Http2Protocol.FrameHead + length) return null;
            if (type == FrameType.Headers) return flags.Has(FrameFlags.EndHeaders) && AsksForTensors(bytes.Slice(Http2Protocol.FrameHead, length), flags);
            bytes = bytes[(Http2Protocol.FrameHead + length)..];
        }

        return null;
    }

    private static bool AsksForTensors(ReadOnlySpan<byte> payload, FrameFlags flags)
    {
        try
        {
            return new HpackDecoder().Decode(Http2Connection.HeaderBlock(payload, flags))[":path"] == TensorExchange.Path;
        }
        catch (Http2Exception)
        {
            return false; // for Kestrel to refuse
        }
    }
}
