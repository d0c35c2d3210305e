using System.Buffers.Binary;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using AlexNetParallel.Rpc.Http2;
using AlexNetParallel.Rpc.Security;
using AlexNetParallel.Rpc.Tensors;
using AlexNetParallel.Rpc.Tests.Support;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>The server of tensor streams alone: who may come, and what becomes of clients that break HTTP/2. After each of them a good client is served.</summary>
public sealed class TensorServerTests : IDisposable
{
    private const string Preface = "505249202a20485454502f322e300d0a0d0a534d0d0a0d0a";
    private const string Settings = "000000040000000000";

    private readonly TensorEcho echo = new();
    private readonly TemporaryFolder folder = new();

    public void Dispose()
    {
        echo.Dispose();
        folder.Dispose();
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("unix")]
    [InlineData("mutual TLS")]
    [InlineData("token")]
    public async Task Tensors_come_back(string kind)
    {
        using var authority = CertificateAuthority.Create("tensors", TimeSpan.FromDays(1));
        using var identity = authority.Issue("node", [], TimeSpan.FromDays(1));
        var security = kind switch { "mutual TLS" => RpcSecurity.MutualTls(identity), "token" => RpcSecurity.TrustedNetwork("0123456789abcdef"), _ => RpcSecurity.LocalOnly };
        await using var server = await StartAsync(kind, security);
        var address = kind == "unix" ? server.Addresses[0] : RpcAddress.Tcp("localhost", server.Addresses[0].Port);
        await PlayAsync(address, security, 5_000_000);
    }

    [Fact]
    public async Task Strangers_are_refused()
    {
        await using (var server = await StartAsync("tcp", RpcSecurity.TrustedNetwork("0123456789abcdef")))
            Assert.Equal(StatusCode.Unauthenticated, (await FailsAsync(() => PlayAsync(server.Addresses[0], RpcSecurity.TrustedNetwork("0123456789abcdeg"), 1))).StatusCode);

        using var authority = CertificateAuthority.Create("tensors", TimeSpan.FromDays(1));
        using var another = CertificateAuthority.Create("tensors", TimeSpan.FromDays(1));
        using var identity = authority.Issue("node", [], TimeSpan.FromDays(1));
        using var foreign = another.Issue("node", [], TimeSpan.FromDays(1));
        await using var secure = await StartAsync("tcp", RpcSecurity.MutualTls(identity));
        var address = RpcAddress.Tcp("localhost", secure.Addresses[0].Port);
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => PlayAsync(address, RpcSecurity.MutualTls(foreign), 1))).StatusCode);
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => PlayAsync(address, RpcSecurity.LocalOnly, 1))).StatusCode);
        await PlayAsync(address, RpcSecurity.MutualTls(identity), 1000);
        await Assert.ThrowsAsync<InvalidOperationException>(() => StartAsync("*", RpcSecurity.LocalOnly));
    }

    [Theory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task Other_methods_are_unimplemented(string kind)
    {
        await using var server = await StartAsync(kind, RpcSecurity.LocalOnly);
        using var raw = new RawCall(server.Addresses[0]);
        var answer = await raw.SendAsync("alexnet.exchange.Exchange/Nope", []);
        Assert.Equal("12", answer.GrpcStatus);
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, (await raw.SendAsync("alexnet.exchange.Exchange/Open", [], ("content-type", "text/plain"))).Http);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, (await raw.SendAsync("alexnet.exchange.Exchange/Open", [], ("method", "PUT"))).Http);
        Assert.Equal("13", (await raw.SendAsync("alexnet.exchange.Exchange/Open", [], ("grpc-timeout", "soon"))).GrpcStatus);
        Assert.Equal("0", (await raw.SendAsync("alexnet.exchange.Exchange/Open", [])).GrpcStatus);
        Assert.Equal("13", (await raw.SendAsync("alexnet.exchange.Exchange/Open", RawCall.Frame([8], flag: 2))).GrpcStatus);
        Assert.Equal("12", (await raw.SendAsync("alexnet.exchange.Exchange/Open", RawCall.Frame([8], flag: 1))).GrpcStatus);
        Assert.Equal("13", (await raw.SendAsync("alexnet.exchange.Exchange/Open", RawCall.Frame([8, 1], length: 5))).GrpcStatus);
    }

    public static TheoryData<string, string, uint> Breaches => new()
    {
        { "HTTP/1.1", Convert.ToHexString("GET / HTTP/1.1\r\nHost: somewhere\r\n\r\n"u8), 1 },
        { "no SETTINGS first", Preface + "000008060000000000" + "0000000000000000", 1 },
        { "SETTINGS of five bytes", Preface + "000005040000000000" + "0000000000", 6 },
        { "SETTINGS on a stream", Preface + "000000040000000001", 1 },
        { "an acknowledgement with a payload", Preface + Settings + "000006040100000000" + "000000000000", 6 },
        { "a window of 2^31", Preface + "000006040000000000" + "000480000000", 3 },
        { "frames of 1 byte", Preface + "000006040000000000" + "000500000001", 1 },
        { "ENABLE_PUSH 2", Preface + "000006040000000000" + "000200000002", 1 },
        { "WINDOW_UPDATE by 0", Preface + Settings + "000004080000000000" + "00000000", 1 },
        { "a window past 2^31", Preface + Settings + "000004080000000000" + "7fffffff", 3 },
        { "WINDOW_UPDATE of an idle stream", Preface + Settings + "000004080000000001" + "00000001", 1 },
        { "PING on a stream", Preface + Settings + "000008060000000001" + "0000000000000000", 1 },
        { "PING of seven bytes", Preface + Settings + "000007060000000000" + "00000000000000", 6 },
        { "RST_STREAM of an idle stream", Preface + Settings + "000004030000000001" + "00000000", 1 },
        { "DATA on an idle stream", Preface + Settings + "000001000000000001" + "00", 1 },
        { "DATA on stream 0", Preface + Settings + "000001000000000000" + "00", 1 },
        { "HEADERS that are none", Preface + Settings + "000005010400000001" + "ffffffffff", 9 },
        { "HEADERS on a server's stream", Preface + Settings + "000001010400000002" + "82", 1 },
        { "HEADERS of 16 MiB", Preface + Settings + "ffffff010400000001", 11 },
        { "HEADERS shorter than their padding", Preface + Settings + "000002010c00000001" + "0582", 1 },
        { "CONTINUATION without HEADERS", Preface + Settings + "000001090400000001" + "82", 1 },
        { "another frame inside headers", Preface + Settings + "000001010000000001" + "82" + "000008060000000000" + "0000000000000000", 1 },
        { "CONTINUATION without end", Preface + Settings + "000001010000000001" + "82" + string.Concat(Enumerable.Repeat("000000090000000001", 100)), 11 },
        { "PUSH_PROMISE", Preface + Settings + "000004050400000001" + "00000002", 1 },
        { "GOAWAY of four bytes", Preface + Settings + "000004070000000000" + "00000000", 6 },
        { "more padding than data", Preface + Settings + Opening + "000002000800000001" + "0500", 1 },
        { "DATA behind the end", Preface + Settings + Opening + "000001000100000001" + "00" + "000001000000000001" + "00", 5 },
        { "headers within the stream", Preface + Settings + Opening + Opening, 1 },
    };

    [Theory]
    [MemberData(nameof(Breaches))]
    public async Task A_breach_of_the_protocol_ends_the_connection(string what, string hex, uint error)
    {
        await using var server = await StartAsync("tcp", RpcSecurity.LocalOnly);
        Assert.Equal((what, error), (what, await GoAwayAsync(server.Addresses[0], Convert.FromHexString(hex))));
        await PlayAsync(server.Addresses[0], RpcSecurity.LocalOnly, 1000);
    }

    [Fact]
    public async Task Frames_that_nobody_knows_are_ignored_and_pings_answered()
    {
        await using var server = await StartAsync("tcp", RpcSecurity.LocalOnly);
        using var socket = await ConnectAsync(server.Addresses[0]);
        await socket.SendAsync(Convert.FromHexString(Preface + Settings + "000003ee0000000007aabbcc" + "0000050200000000010000000000" + "000008060000000000" + "0102030405060708"));
        var frames = new List<(byte Type, byte Flags, byte[] Payload)>();
        while (frames.All(f => f.Type != 6)) frames.Add(await ReadFrameAsync(socket) ?? throw new IOException("closed"));
        Assert.Equal((1, "0102030405060708"), (frames[^1].Flags, Convert.ToHexString(frames[^1].Payload)));
        Assert.Contains(frames, f => f.Type == 4 && f.Flags == 1);
    }

    [Fact]
    public async Task Answers_that_nobody_reads_end_the_connection()
    {
        await using var server = await StartAsync("unix", RpcSecurity.LocalOnly);
        using var socket = await ConnectAsync(server.Addresses[0]);
        byte[] pings = [.. Enumerable.Repeat(Convert.FromHexString("000008060000000000" + "0102030405060708"), 1000).SelectMany(p => p)];
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await socket.SendAsync(Convert.FromHexString(Preface + Settings));
        await Assert.ThrowsAnyAsync<SocketException>(async () =>
        {
            while (true) await socket.SendAsync(pings, patience.Token);
        });
        await PlayAsync(server.Addresses[0], RpcSecurity.LocalOnly, 1000);
    }

    [Fact]
    public async Task A_silent_client_is_given_up()
    {
        await using var server = await StartAsync("tcp", RpcSecurity.LocalOnly, TimeSpan.FromMilliseconds(300));
        using var socket = await ConnectAsync(server.Addresses[0]);
        await socket.SendAsync(Convert.FromHexString(Preface + Settings));
        var clock = Stopwatch.StartNew();
        while (await ReadFrameAsync(socket) is not null)
        {
        }

        Assert.InRange(clock.Elapsed.TotalSeconds, 0.3, 15);
    }

    [Theory]
    [InlineData("", StatusCode.Unavailable)] // it hangs up
    [InlineData("485454502f312e3120323030204f4b0d0a", StatusCode.Internal)] // HTTP/1.1
    [InlineData(Settings + "000001000000000003" + "00", StatusCode.Internal)] // a stream that nobody opened
    [InlineData(Settings + "000004030000000001" + "00000007", StatusCode.Unavailable)] // RST_STREAM: refused
    [InlineData(Settings + "000004030000000001" + "00000002", StatusCode.Internal)]
    [InlineData(Settings + "000008070000000000" + "0000000000000000", StatusCode.Unavailable)] // GOAWAY: the stream was not looked at
    [InlineData(Settings + "00000101050000000188", StatusCode.Unknown)] // 200, and no gRPC
    [InlineData(Settings + "0000010105000000018d", StatusCode.Unimplemented)] // 404
    [InlineData(Settings + "000001000100000001" + "00", StatusCode.Internal)] // no status
    public async Task A_server_that_is_none(string hex, StatusCode expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var channel = RpcChannel.Open(RpcAddress.Tcp("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port));
        using var stream = TensorExchange.Open(channel);
        var next = stream.NextAsync().AsTask();
        using (var connection = await listener.AcceptSocketAsync())
        {
            await connection.SendAsync(Convert.FromHexString(hex));
            if (hex.Length > 0) await Task.WhenAny(next, Task.Delay(TimeSpan.FromSeconds(10)));
        }

        Assert.Equal(expected, (await FailsAsync(() => next.WaitAsync(TimeSpan.FromSeconds(10)))).StatusCode);
        await FailsAsync(async () => await stream.SendAsync(1, 1, default));
    }

    [Fact]
    public async Task A_server_that_says_nothing_is_given_up()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = RpcAddress.Tcp("127.0.0.1", ((IPEndPoint)listener.LocalEndpoint).Port);
        var options = new RpcChannelOptions { KeepAliveDelay = TimeSpan.FromSeconds(1), KeepAliveTimeout = TimeSpan.FromSeconds(1) };
        using var hasty = RpcChannel.Open(address, options with { ConnectTimeout = TimeSpan.FromMilliseconds(300) });
        using var channel = RpcChannel.Open(address, options);
        using (var mute = TensorExchange.Open(hasty))
        {
            using var connection = await listener.AcceptSocketAsync();
            var e = await FailsAsync(() => mute.NextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
            Assert.Equal(StatusCode.Unavailable, e.StatusCode);
            Assert.Contains("no answer within", e.Status.Detail);
        }

        using var stream = TensorExchange.Open(channel);
        using var late = await listener.AcceptSocketAsync();
        await late.SendAsync(Convert.FromHexString(Settings)); // alive once, and never again
        var silent = await FailsAsync(() => stream.NextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10)));
        Assert.Equal(StatusCode.Unavailable, silent.StatusCode);
        Assert.Contains("ping", silent.Status.Detail);
    }

    [Fact]
    public async Task Streams_end_with_their_token_their_channel_and_their_server()
    {
        var server = await StartAsync("tcp", RpcSecurity.LocalOnly);
        using var cancellation = new CancellationTokenSource();
        using (var channel = RpcChannel.Open(server.Addresses[0]))
        {
            using var byToken = TensorExchange.Open(channel, null, cancellation.Token);
            var waiting = byToken.NextAsync().AsTask();
            await cancellation.CancelAsync();
            Assert.Equal(StatusCode.Cancelled, (await FailsAsync(() => waiting.WaitAsync(TimeSpan.FromSeconds(10)))).StatusCode);

            using var byRead = TensorExchange.Open(channel);
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
            Assert.Equal(StatusCode.Cancelled, (await FailsAsync(() => byRead.NextAsync(soon.Token).AsTask().WaitAsync(TimeSpan.FromSeconds(10)))).StatusCode);
        }

        using var last = RpcChannel.Open(server.Addresses[0]);
        using var byServer = TensorExchange.Open(last);
        await byServer.SendAsync(1, 1, default);
        Assert.True(await byServer.NextAsync());
        var end = byServer.NextAsync().AsTask();
        await server.DisposeAsync();
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(() => end.WaitAsync(TimeSpan.FromSeconds(10)))).StatusCode);

        var gone = RpcChannel.Open(server.Addresses[0]);
        using var never = TensorExchange.Open(gone);
        gone.Dispose();
        await FailsAsync(async () => await never.SendAsync(1, 1, default));
    }

    /// <summary>HEADERS that open stream 1, in plain literals.</summary>
    private static string Opening
    {
        get
        {
            var block = new HeaderList { { ":method", "POST" }, { ":scheme", "http" }, { ":path", "/alexnet.exchange.Exchange/Open" }, { "content-type", "application/grpc" } }.Encode();
            return block.Length.ToString("x6", System.Globalization.CultureInfo.InvariantCulture) + "010400000001" + Convert.ToHexString(block);
        }
    }

    private Task<TensorServer> StartAsync(string kind, RpcSecurity security, TimeSpan? keepAlive = null) => TensorServer.StartAsync(
        new RpcServerOptions
        {
            Listen = [kind == "unix" ? RpcAddress.Unix(Path.Combine(folder.Path, "s")) : RpcAddress.Tcp(kind == "*" ? "*" : "127.0.0.1", 0)],
            Security = security,
            KeepAliveDelay = keepAlive ?? TimeSpan.FromSeconds(20),
            KeepAliveTimeout = keepAlive ?? TimeSpan.FromSeconds(20),
            ShutdownTimeout = TimeSpan.FromMilliseconds(200),
        },
        echo);

    private static async Task PlayAsync(RpcAddress address, RpcSecurity security, int bytes)
    {
        using var channel = RpcChannel.Open(address, new RpcChannelOptions { Security = security });
        using var stream = TensorExchange.Open(channel);
        using var source = new NativeBlock(bytes).Fill(1);
        using var place = new NativeBlock(bytes);
        await stream.SendAsync(3, 4, source.All);
        Assert.True(await stream.NextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
        Assert.Equal((3, 4L, bytes), (stream.Slab, stream.Tick, stream.PayloadBytes));
        await stream.ReceiveAsync(place.All);
        Assert.True(source.Span.SequenceEqual(place.Span));
        stream.Complete();
        Assert.False(await stream.NextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20)));
    }

    private static async Task<Socket> ConnectAsync(RpcAddress address)
    {
        var socket = address.UnixPath is null ? new Socket(SocketType.Stream, ProtocolType.Tcp) : new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(address.UnixPath is null ? new DnsEndPoint(address.Host, address.Port) : new UnixDomainSocketEndPoint(address.UnixPath));
        return socket;
    }

    /// <summary>Sends bytes; gives the code of the GOAWAY behind which the server closes the connection.</summary>
    private static async Task<uint> GoAwayAsync(RpcAddress address, byte[] bytes)
    {
        using var socket = await ConnectAsync(address);
        await socket.SendAsync(bytes);
        var last = default((byte Type, byte Flags, byte[] Payload));
        while (await ReadFrameAsync(socket) is { } frame) last = frame;
        Assert.Equal(7, last.Type);
        return BinaryPrimitives.ReadUInt32BigEndian(last.Payload.AsSpan(4));
    }

    private static async Task<(byte Type, byte Flags, byte[] Payload)?> ReadFrameAsync(Socket socket)
    {
        var head = new byte[9];
        if (!await FillAsync(socket, head)) return null;
        var payload = new byte[head[0] << 16 | head[1] << 8 | head[2]];
        return await FillAsync(socket, payload) ? (head[3], head[4], payload) : null;
    }

    private static async Task<bool> FillAsync(Socket socket, byte[] buffer)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        try
        {
            for (var got = 0; got < buffer.Length;)
            {
                var part = await socket.ReceiveAsync(buffer.AsMemory(got), patience.Token);
                if (part == 0) return false;
                got += part;
            }
        }
        catch (SocketException)
        {
            return false; // a reset is an end as well
        }

        return true;
    }
}
