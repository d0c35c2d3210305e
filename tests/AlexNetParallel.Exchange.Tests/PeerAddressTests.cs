using System.Diagnostics;
using System.Text.Json.Nodes;
using AlexNetParallel.Exchange.Peer;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>Addresses that lead nowhere end in one clear message.</summary>
public sealed class PeerAddressTests
{
    private static readonly StridedBox Box = new(0, 1, 1, 64, 0, 0);

    [Fact]
    public async Task Another_transports_address() =>
        Assert.Contains("is not one of the peer transport", (await FailAsync<ArgumentException>(_ => "http://localhost:5000")).Message);

    [Fact]
    public async Task Another_host() =>
        Assert.Contains("another host", (await FailAsync<ExchangeException>(a => With(a, "Host", "elsewhere"))).Message);

    [Fact]
    public async Task A_process_that_has_ended()
    {
        using var brief = Process.Start(new ProcessStartInfo("true"))!;
        await brief.WaitForExitAsync();
        Assert.Contains("worker 1", (await FailAsync<ExchangeException>(a => With(a, "Process", brief.Id))).Message);
    }

    [Fact]
    public async Task A_file_that_is_not_the_segment() =>
        Assert.Contains("worker 1", (await FailAsync<ExchangeException>(a => With(a, "Descriptor", 0))).Message);

    [Fact]
    public async Task A_segment_of_an_earlier_worker() =>
        Assert.Contains("worker 1", (await FailAsync<ExchangeException>(a => With(a, "Token", Guid.NewGuid().ToString()))).Message);

    [Fact]
    public async Task A_tensor_beyond_the_segments_end()
    {
        var error = await FailAsync<ArgumentException>(a =>
        {
            var address = JsonNode.Parse(a)!;
            address["Tensors"]![0]!["Floats"] = 1L << 40;
            return address.ToJsonString();
        });
        Assert.Contains("does not lie within", error.Message);
    }

    private static async Task<T> FailAsync<T>(Func<string, string> change) where T : Exception
    {
        using var first = new PeerTransport(0, 2);
        using var second = new PeerTransport(1, 2);
        first.Allocate(0, 64);
        second.Allocate(0, 64);
        string[] addresses = [await first.ListenAsync(CancellationToken.None), change(await second.ListenAsync(CancellationToken.None))];
        return await Assert.ThrowsAsync<T>(() => first.ConnectAsync([new Slab(0, 0, 0, 1, 0, Box, 0, Box)], addresses, CancellationToken.None));
    }

    private static string With(string address, string field, JsonNode value)
    {
        var node = JsonNode.Parse(address)!;
        Assert.NotNull(node[field]);
        node[field] = value;
        return node.ToJsonString();
    }
}
