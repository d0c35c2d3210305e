using System.Net.Sockets;
using AlexNetParallel.Rpc.Protos.Health;
using AlexNetParallel.Rpc.Protos.Reflection;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;
using ServingStatus = AlexNetParallel.Rpc.Protos.Health.HealthCheckResponse.Types.ServingStatus;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Addresses, sockets, health, reflection.</summary>
public sealed class ServerTests
{
    [Theory]
    [InlineData("127.0.0.1:80", "127.0.0.1", 80, true)]
    [InlineData("localhost:0", "localhost", 0, true)]
    [InlineData("[::1]:5000", "::1", 5000, true)]
    [InlineData("127.8.8.8:5000", "127.8.8.8", 5000, true)]
    [InlineData("host.example:65535", "host.example", 65535, false)]
    [InlineData("*:1", "*", 1, false)]
    public void AddressesAreRead(string text, string host, int port, bool local)
    {
        var address = RpcAddress.Parse(text);
        Assert.Equal((host, port, local, text), (address.Host, address.Port, address.IsLocal, address.ToString()));
        Assert.Equal(address, RpcAddress.Parse(address.ToString()));
    }

    [Theory]
    [InlineData("", "port is missing")]
    [InlineData("host", "port is missing")]
    [InlineData("host:", "not a port")]
    [InlineData("host:x", "not a port")]
    [InlineData("host:-1", "not a port")]
    [InlineData("host:65536", "0..65535")]
    [InlineData(":80", "host name")]
    [InlineData("a b:80", "host name")]
    [InlineData("::1:80", "brackets")]
    [InlineData("unix:", "path is missing")]
    [InlineData("unix:/0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789012345678", "shorter folder")]
    public void WrongAddressesSayWhatIsWrong(string text, string what) => Assert.Contains(what, Assert.Throws<FormatException>(() => RpcAddress.Parse(text)).Message);

    [Fact]
    public async Task AServerListensOnSeveralAddresses()
    {
        var folder = Directory.CreateTempSubdirectory("rpc-");
        var path = Path.Combine(folder.FullName, "s");
        await using var host = await StartAsync(server: options => options with { Listen = [RpcAddress.Unix(path), RpcAddress.Parse("127.0.0.1:0"), RpcAddress.Parse("localhost:0")] });
        Assert.Equal(3, host.Server.Addresses.Select(address => address.Port).Distinct().Count());
        foreach (var address in host.Server.Addresses)
        {
            using var channel = RpcChannel.Open(address);
            Assert.Equal(1ul, (await new Script.ScriptClient(channel).UnaryAsync(new Note { Id = 1 })).Id);
        }

        await host.Server.StopAsync();
        Assert.False(File.Exists(path));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task UnixSocketsAreTheirOwnersAloneAndDeadOnesAreReplaced()
    {
        var folder = Directory.CreateTempSubdirectory("rpc-");
        var path = Path.Combine(folder.FullName, "s");
        var options = new RpcServerOptions { Listen = [RpcAddress.Unix(path)] };
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
        }

        if (!File.Exists(path)) await File.WriteAllBytesAsync(path, []); // what is left after a kill
        await using (var server = await RpcServer.StartAsync(options, _ => { }))
        {
            if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            var e = await Assert.ThrowsAsync<IOException>(() => RpcServer.StartAsync(options, _ => { }));
            Assert.Contains("another server listens there", e.Message);
        }

        await File.WriteAllTextAsync(path, "somebody's file");
        Assert.Contains("is no socket", (await Assert.ThrowsAsync<IOException>(() => RpcServer.StartAsync(options, _ => { }))).Message);
        Assert.Equal("somebody's file", await File.ReadAllTextAsync(path));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task APortInUseIsSaid()
    {
        await using var host = await StartAsync();
        var e = await Assert.ThrowsAsync<IOException>(() => RpcServer.StartAsync(new RpcServerOptions { Listen = [host.Address] }, _ => { }));
        Assert.Contains(host.Address.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), e.Message);
    }

    [Fact]
    public async Task HealthIsCheckedAndWatched()
    {
        await using var host = await StartAsync();
        var client = new Health.HealthClient(host.Channel);
        const string Name = "alexnet.tests.Script";
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(ServingStatus.Serving, (await client.CheckAsync(new HealthCheckRequest { Service = Name })).Status);
        Assert.Equal(StatusCode.NotFound, (await FailsAsync(async () => await client.CheckAsync(new HealthCheckRequest { Service = "no.Such" }))).StatusCode);

        using var watch = client.Watch(new HealthCheckRequest { Service = Name });
        using var unknown = client.Watch(new HealthCheckRequest { Service = "later" });
        await ExpectAsync(watch, ServingStatus.Serving);
        await ExpectAsync(unknown, ServingStatus.ServiceUnknown);
        host.Server.Health.SetServing(Name, false);
        host.Server.Health.SetServing("later", true);
        await ExpectAsync(watch, ServingStatus.NotServing);
        await ExpectAsync(unknown, ServingStatus.Serving);
        host.Server.Health.SetServing(Name, true);
        await ExpectAsync(watch, ServingStatus.Serving);
        var stopping = host.Server.StopAsync();
        await ExpectAsync(watch, ServingStatus.NotServing);
        Assert.False(await watch.ResponseStream.MoveNext(default));
        await stopping;

        static async Task ExpectAsync(AsyncServerStreamingCall<HealthCheckResponse> call, ServingStatus status)
        {
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(status, call.ResponseStream.Current.Status);
        }
    }

    [Theory]
    [InlineData("v1")]
    [InlineData("v1alpha")]
    public async Task ReflectionDescribesTheServer(string version)
    {
        using var echo = new TensorEcho();
        await using var host = await StartAsync(more: services => services.AddTensors(echo));
        var requests = Marshallers.Create(m => m.ToByteArray(), ServerReflectionRequest.Parser.ParseFrom);
        var responses = Marshallers.Create(m => m.ToByteArray(), ServerReflectionResponse.Parser.ParseFrom);
        var method = new Method<ServerReflectionRequest, ServerReflectionResponse>(
            MethodType.DuplexStreaming, $"grpc.reflection.{version}.ServerReflection", "ServerReflectionInfo", requests, responses);
        using var call = host.Channel.CreateCallInvoker().AsyncDuplexStreamingCall(method, null, default);

        var names = (await AskAsync(new ServerReflectionRequest { ListServices = "*" })).ListServicesResponse.Service.Select(service => service.Name);
        Assert.Equal(["alexnet.exchange.Exchange", "alexnet.tests.Script", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"], names);
        foreach (var symbol in new[] { "alexnet.tests.Script", "alexnet.tests.Script.Unary", "alexnet.tests.Note", "alexnet.tests.Note.text" })
        {
            var files = (await AskAsync(new ServerReflectionRequest { FileContainingSymbol = symbol })).FileDescriptorResponse.FileDescriptorProto;
            Assert.Contains("Script", FileDescriptorProto.Parser.ParseFrom(files.Single()).Service.Select(service => service.Name));
        }

        var health = (await AskAsync(new ServerReflectionRequest { FileByFilename = "grpc/health/v1/health.proto" })).FileDescriptorResponse.FileDescriptorProto;
        Assert.Equal("grpc.health.v1", FileDescriptorProto.Parser.ParseFrom(health.Single()).Package);
        Assert.Equal((int)StatusCode.NotFound, (await AskAsync(new ServerReflectionRequest { FileContainingSymbol = "no.Such" })).ErrorResponse.ErrorCode);
        Assert.Equal((int)StatusCode.InvalidArgument, (await AskAsync(new ServerReflectionRequest())).ErrorResponse.ErrorCode);
        Assert.Empty((await AskAsync(new ServerReflectionRequest { AllExtensionNumbersOfType = "alexnet.tests.Note" })).AllExtensionNumbersResponse.ExtensionNumber);

        async Task<ServerReflectionResponse> AskAsync(ServerReflectionRequest request)
        {
            await call.RequestStream.WriteAsync(request);
            Assert.True(await call.ResponseStream.MoveNext(default));
            Assert.Equal(request, call.ResponseStream.Current.OriginalRequest);
            return call.ResponseStream.Current;
        }
    }

    [Fact]
    public async Task AServiceIsAddedOnce()
    {
        using var echo = new TensorEcho();
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(more: services => services.AddTensors(echo).AddTensors(echo)));
        await Assert.ThrowsAsync<ArgumentException>(() => StartAsync(more: services => services.Add("no service")));
    }
}
