using System.Diagnostics;
using AlexNetParallel.Rpc.Protos;
using AlexNetParallel.Rpc.Protos.Health;
using AlexNetParallel.Rpc.Protos.Reflection;
using AlexNetParallel.Rpc.Security;
using AlexNetParallel.Rpc.Tensors;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using AlexNetParallel.Testing;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>
/// Our server and client against others: the C core through Debian's python3-grpcio, and JavaScript's @grpc/grpc-js. Each program prints a line
/// for each check; a test passes when every check it knows of is there and is "ok".
/// </summary>
public sealed class InteropTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    [InlineData("mutual TLS")]
    public async Task PythonClientAgainstOurServer(string kind)
    {
        Skip.IfNot(Tools.HasPythonGrpc, Tools.PythonReason);
        using var echo = new TensorEcho();
        using var folder = new TemporaryFolder();
        using var authority = CertificateAuthority.Create("interop", TimeSpan.FromDays(1));
        using var identity = authority.Issue("node", [], TimeSpan.FromDays(1));
        var security = kind == "mutual TLS" ? RpcSecurity.MutualTls(identity) : RpcSecurity.LocalOnly;
        await using var host = await StartAsync(
            kind == "unix" ? kind : "tcp", options => options with { Security = security }, options => options with { Security = security }, services => services.AddTensors(echo));
        identity.Save(folder.Path, "node");
        var target = kind == "mutual TLS" ? $"localhost:{host.Address.Port}" : host.Address.ToString();
        string[] arguments = [Tools.Interop("client.py"), target, WriteDescriptors(folder)];
        await RunAsync(Tools.Python, kind == "mutual TLS" ? [.. arguments, folder.Path, "node"] : arguments, checks: 17);
    }

    [SkippableFact]
    public async Task JavaScriptClientAgainstOurServer()
    {
        Skip.IfNot(Tools.HasNodeGrpc, Tools.NodeReason);
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        await RunAsync("node", [Tools.Interop("client.mjs"), host.Address.ToString(), Tools.Source("Protos"), Repository.Path("proto")], checks: 11);
    }

    [SkippableTheory]
    [InlineData("tcp")]
    [InlineData("unix")]
    public async Task OurClientAgainstPythonServer(string kind)
    {
        Skip.IfNot(Tools.HasPythonGrpc, Tools.PythonReason);
        using var folder = new TemporaryFolder();
        using var server = Tools.Start(
            Tools.Python, [Tools.Interop("server.py"), kind == "unix" ? $"unix:{folder.Path}/s" : "127.0.0.1:0", WriteDescriptors(folder)], redirectInput: true);
        var errors = server.StandardError.ReadToEndAsync();
        try
        {
            var line = await server.StandardOutput.ReadLineAsync().WaitAsync(Patience);
            using var channel = RpcChannel.Open(RpcAddress.Parse(line ?? throw new IOException($"the server did not start: {await errors}")));
            await CheckCallsAsync(new Script.ScriptClient(channel));
            await CheckTensorsAsync(channel);
        }
        finally
        {
            server.StandardInput.Close();
            if (!server.WaitForExit(20_000)) server.Kill();
        }
    }

    private static async Task CheckCallsAsync(Script.ScriptClient client)
    {
        Assert.Equal(new Note { Id = 5, Text = "hé", Shape = { -1 } }, await client.UnaryAsync(new Note { Id = 5, Text = "hé", Shape = { -1 } }));
        using (var call = client.UnaryAsync(new Note { Text = "metadata" }, new Metadata { { "x-text", "v1" }, { "x-data-bin", new byte[] { 1, 2, 255 } } }))
        {
            Assert.Equal("ahead", (await call.ResponseHeadersAsync).GetValue("h-text"));
            Assert.Equal(new byte[] { 0, 255, 7 }, (await call.ResponseHeadersAsync).GetValueBytes("h-bytes-bin"));
            await call;
            Assert.Equal("v1", call.GetTrailers().GetValue("x-text"));
            Assert.Equal(new byte[] { 1, 2, 255 }, call.GetTrailers().GetValueBytes("x-data-bin"));
        }

        var e = await FailsAsync(async () => await client.UnaryAsync(new Note { Text = "fail" }));
        Assert.Equal((StatusCode.FailedPrecondition, "bad ✓ 100%", "because"), (e.StatusCode, e.Status.Detail, e.Trailers.GetValue("why")));
        Assert.Equal(StatusCode.Unknown, (await FailsAsync(async () => await client.UnaryAsync(new Note { Text = "throw" }))).StatusCode);
        e = await FailsAsync(async () => await client.UnaryAsync(new Note { Text = "sleep" }, deadline: DateTime.UtcNow.AddMilliseconds(300)));
        Assert.Equal(StatusCode.DeadlineExceeded, e.StatusCode);

        using (var call = client.ServerStream(new Note { Count = 200, Data = ByteString.CopyFrom(new byte[5000]) }))
        {
            var ids = new List<ulong>();
            await foreach (var note in call.ResponseStream.ReadAllAsync()) ids.Add(note.Id);
            Assert.Equal(Enumerable.Range(0, 200).Select(i => (ulong)i), ids);
        }

        using (var call = client.ServerStream(new Note { Count = 2, Text = "fail" }))
        {
            Assert.True(await call.ResponseStream.MoveNext(default) && await call.ResponseStream.MoveNext(default));
            e = await FailsAsync(() => call.ResponseStream.MoveNext(default));
            Assert.Equal((StatusCode.Aborted, "2"), (e.StatusCode, e.Trailers.GetValue("at")));
        }

        using (var call = client.ClientStream())
        {
            for (ulong i = 1; i <= 100; i++) await call.RequestStream.WriteAsync(new Note { Id = i });
            await call.RequestStream.CompleteAsync();
            Assert.Equal(5050ul, (await call).Id);
        }

        using (var call = client.Duplex())
        {
            foreach (var bytes in new[] { 0, 1, 16_384, 100_000, 3_000_000 })
            {
                await call.RequestStream.WriteAsync(new Note { Data = ByteString.CopyFrom(new byte[bytes]) });
                Assert.True(await call.ResponseStream.MoveNext(default));
                Assert.Equal(bytes, call.ResponseStream.Current.Data.Length);
            }

            await call.RequestStream.WriteAsync(new Note { Text = "fail" });
            Assert.Equal(StatusCode.DataLoss, (await FailsAsync(() => call.ResponseStream.MoveNext(default))).StatusCode);
        }
    }

    private static async Task CheckTensorsAsync(RpcChannel channel)
    {
        using var stream = TensorExchange.Open(channel);
        using var source = new NativeBlock(44_000_000).Fill(1);
        using var place = new NativeBlock(44_000_000);
        foreach (var bytes in new[] { 44_000_000, 0, 4 })
        {
            await stream.SendAsync(3, 1L << 40, NativeRows.Contiguous(source.Address, bytes));
            Assert.True(await stream.NextAsync());
            Assert.Equal((3, 1L << 40, bytes), (stream.Slab, stream.Tick, stream.PayloadBytes));
            await stream.ReceiveAsync(NativeRows.Contiguous(place.Address, bytes));
        }

        Assert.True(place.Span.SequenceEqual(source.Span));
        stream.Complete();
        Assert.False(await stream.NextAsync());
    }

    private static string WriteDescriptors(TemporaryFolder folder)
    {
        var set = new FileDescriptorSet();
        foreach (var file in new[] { ScriptReflection.Descriptor, ExchangeReflection.Descriptor, HealthReflection.Descriptor, ReflectionReflection.Descriptor })
            set.File.Add(FileDescriptorProto.Parser.ParseFrom(file.SerializedData));
        var path = Path.Combine(folder.Path, "descriptors.pb");
        File.WriteAllBytes(path, set.ToByteArray());
        return path;
    }

    private static async Task RunAsync(string program, string[] arguments, int checks)
    {
        using var process = Tools.Start(program, arguments, redirectInput: false);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }

        var lines = (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.True(process.ExitCode == 0 && lines.Count(line => line.StartsWith("ok ", StringComparison.Ordinal)) == checks, string.Join('\n', lines) + await errors);
    }
}
