using System.Globalization;
using AlexNetParallel.Rpc.Protos;
using AlexNetParallel.Rpc.Tensors;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Tensor messages: contents, shapes, agreement with protobuf, errors.</summary>
public sealed class TensorStreamTests
{
    [Theory]
    [InlineData("tcp", 0)]
    [InlineData("unix", 0)]
    [InlineData("unix", 1664)]
    [InlineData("unix", 40_000)]
    public async Task PayloadsOfAllSizesComeBack(string kind, int rowBytes)
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(kind, more: services => services.AddTensors(echo));
        using var stream = TensorExchange.Open(host.Channel, new Metadata { { "row-bytes", rowBytes.ToString(CultureInfo.InvariantCulture) } });
        using var source = new NativeBlock(12 << 20).Fill(1);
        using var place = new NativeBlock(12 << 20);
        foreach (var bytes in new[] { 0, 1, 4, 1000, 1024, 1025, 4096, 16_383, 16_384, 16_385, 128 * 1664, 7 * 40_000, 1 << 20, 11_075_584 })
        {
            place.Span.Clear();
            var overhead = await stream.SendAsync(bytes % 7, bytes * 1_000_003L, NativeRows.Contiguous(source.Address, bytes));
            Assert.True(await stream.NextAsync());
            Assert.Equal((bytes % 7, bytes * 1_000_003L, bytes), (stream.Slab, stream.Tick, stream.PayloadBytes));
            await stream.ReceiveAsync(NativeRows.Contiguous(place.Address, bytes));
            Assert.True(source.Span[..bytes].SequenceEqual(place.Span[..bytes]));
            Assert.Equal(-1, place.Span[bytes..].IndexOfAnyExcept((byte)0));
            var message = new TensorMessage { Slab = bytes % 7, Tick = bytes * 1_000_003L, Payload = UnsafeByteOperations.UnsafeWrap(new byte[bytes]) };
            Assert.Equal(5 + message.CalculateSize() - bytes, overhead);
        }

        stream.Complete();
        Assert.False(await stream.NextAsync());
    }

    /// <summary>The conv3 slab of the paper's partition: 128 channels of 13 rows of 13 times 32 floats, out of a tensor with a border of one on each side.</summary>
    [Fact]
    public async Task BoxesAreGatheredAndScattered()
    {
        const int Channels = 128, Height = 13, RowBytes = 13 * 32 * 4, PaddedRow = 15 * 32 * 4;
        using var echo = new TensorEcho();
        await using var host = await StartAsync("unix", more: services => services.AddTensors(echo));
        using var stream = TensorExchange.Open(host.Channel);
        using var source = new NativeBlock(Channels * 15 * PaddedRow).Fill(2);
        using var place = new NativeBlock(source.Bytes);
        var inside = (15 + 1) * 32 * 4;
        var box = new NativeRows(source.Address + inside, Channels, Height, RowBytes, 15 * PaddedRow, PaddedRow);
        await stream.SendAsync(3, 1, box);
        Assert.True(await stream.NextAsync());
        Assert.Equal(box.Bytes, stream.PayloadBytes);
        await stream.ReceiveAsync(box with { Address = place.Address + inside });
        for (var at = 0; at < source.Bytes; at++)
        {
            var (plane, row, column) = (at / (15 * PaddedRow), at / PaddedRow % 15, at % PaddedRow);
            var inBox = row is >= 1 and <= Height && column >= 128 && column < 128 + RowBytes;
            if (place.Span[at] != (inBox ? source.Span[at] : 0)) Assert.Fail($"plane {plane}, row {row}, byte {column}");
        }
    }

    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(1, 1, 1)]
    [InlineData(int.MaxValue, long.MaxValue, 200)]
    [InlineData(-1, -1, 5)]
    public async Task MessagesAreThoseOfProtobuf(int slab, long tick, int bytes)
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        using var call = host.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(ProtobufMethod, null, default);
        var message = new TensorMessage { Slab = slab, Tick = tick, Payload = ByteString.CopyFrom(Enumerable.Range(0, bytes).Select(i => (byte)i).ToArray()) };
        await call.RequestStream.WriteAsync(message);
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal(message, call.ResponseStream.Current);
    }

    [Theory]
    [InlineData("0a", "ends inside")] // field 1 with a length, cut off
    [InlineData("08", "ends inside")] // field 1 without its number
    [InlineData("08808080808080808080808001", "ten bytes")] // a number that is too long
    [InlineData("7a0501", "must be the last field")] // payload of five bytes, one there
    [InlineData("7a01000801", "must be the last field")] // slab behind the payload
    [InlineData("0f", "wire type")] // wire type 7
    [InlineData("0001", "number 0")]
    [InlineData("22ff01", "ends behind")] // unknown field that is longer than the message
    public async Task WrongMessagesEndTheCallOnly(string hex, string detail)
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        using var call = host.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(BytesMethod, null, default);
        await call.RequestStream.WriteAsync(Convert.FromHexString(hex));
        var e = await FailsAsync(() => call.ResponseStream.MoveNext(default));
        Assert.Equal(StatusCode.Internal, e.StatusCode);
        Assert.Contains(detail, e.Status.Detail);
        using var next = TensorExchange.Open(host.Channel);
        await next.SendAsync(1, 1, default);
        Assert.True(await next.NextAsync());
    }

    [Fact]
    public async Task UnknownFieldsAreSkipped()
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        using var call = host.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(BytesMethod, null, default);
        await call.RequestStream.WriteAsync(Convert.FromHexString("0807" + "2203616263" + "2d01020304" + "310102030405060708" + "3801" + "1009" + "7a020102"));
        Assert.True(await call.ResponseStream.MoveNext(default));
        Assert.Equal("080710097a020102", Convert.ToHexStringLower(call.ResponseStream.Current));
    }

    [Fact]
    public async Task PayloadThatNobodyReceivesIsDropped()
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync("unix", more: services => services.AddTensors(echo));
        using var stream = TensorExchange.Open(host.Channel);
        using var source = new NativeBlock(300_000).Fill(3);
        await stream.SendAsync(1, 1, source.All);
        await stream.SendAsync(2, 1, source.All with { RowBytes = 4 });
        Assert.True(await stream.NextAsync());
        Assert.True(await stream.NextAsync());
        Assert.Equal((2, 4), (stream.Slab, stream.PayloadBytes));
        using var place = new NativeBlock(4);
        await stream.ReceiveAsync(place.All);
        Assert.True(place.Span.SequenceEqual(source.Span[..4]));
        await Assert.ThrowsAsync<InvalidOperationException>(async () => await stream.ReceiveAsync(place.All));
    }

    [Fact]
    public async Task AWrongSizeIsNotReceived()
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        using var stream = TensorExchange.Open(host.Channel);
        using var block = new NativeBlock(100).Fill(4);
        await stream.SendAsync(5, 6, block.All);
        Assert.True(await stream.NextAsync());
        var e = await FailsAsync(async () => await stream.ReceiveAsync(block.All with { RowBytes = 96 }));
        Assert.Equal("Slab 5 of tick 6 came with 100 bytes; expected 96.", e.Status.Detail);
        Assert.Equal(StatusCode.InvalidArgument, e.StatusCode);
    }

    [Fact]
    public async Task TheServersErrorEndsTheStream()
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        using var stream = TensorExchange.Open(host.Channel);
        await stream.SendAsync(999, 1, default);
        var e = await FailsAsync(async () => await stream.NextAsync());
        Assert.Equal((StatusCode.Aborted, "slab 999"), (e.StatusCode, e.Status.Detail));
        await FailsAsync(async () => await stream.SendAsync(1, 1, default));
    }

    private static readonly Method<TensorMessage, TensorMessage> ProtobufMethod = MethodOf(m => m.ToByteArray(), TensorMessage.Parser.ParseFrom);

    private static readonly Method<byte[], byte[]> BytesMethod = MethodOf(bytes => bytes, bytes => bytes);

    private static Method<T, T> MethodOf<T>(Func<T, byte[]> serialize, Func<byte[], T> parse) where T : class
    {
        var marshaller = Marshallers.Create(serialize, parse);
        return new Method<T, T>(MethodType.DuplexStreaming, "alexnet.exchange.Exchange", "Open", marshaller, marshaller);
    }
}
