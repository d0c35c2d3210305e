using AlexNetParallel.Rpc.Tests.Protos;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>A server with the script service, and a channel to it. Fails at its end if the server logged an error that the test did not expect.</summary>
internal sealed class ScriptHost : IAsyncDisposable
{
    private readonly string? _folder;

    private ScriptHost(RpcServer server, RpcChannel channel, ScriptService service, LogSink log, string? folder)
    {
        (Server, Channel, Service, Log, _folder) = (server, channel, service, log, folder);
        Client = new Script.ScriptClient(channel);
    }

    public RpcServer Server { get; }

    public RpcChannel Channel { get; }

    public ScriptService Service { get; }

    public Script.ScriptClient Client { get; }

    public LogSink Log { get; }

    /// <summary>True when the test expects the server to log errors.</summary>
    public bool ErrorsExpected { get; set; }

    public RpcAddress Address => Server.Addresses[0];

    /// <param name="kind">"tcp" or "unix".</param>
    /// <param name="server">Changes to the server's options.</param>
    /// <param name="channel">Changes to the channel's options.</param>
    /// <param name="more">More services.</param>
    public static async Task<ScriptHost> StartAsync(
        string kind = "tcp", Func<RpcServerOptions, RpcServerOptions>? server = null, Func<RpcChannelOptions, RpcChannelOptions>? channel = null, Action<RpcServices>? more = null)
    {
        var folder = kind == "unix" ? Directory.CreateTempSubdirectory("rpc-").FullName : null;
        var address = folder is null ? RpcAddress.Parse("127.0.0.1:0") : RpcAddress.Unix(Path.Combine(folder, "s"));
        var log = new LogSink();
        var service = new ScriptService();
        var options = new RpcServerOptions { Listen = [address], Logging = log, ShutdownTimeout = TimeSpan.FromSeconds(1) };
        var started = await RpcServer.StartAsync(server?.Invoke(options) ?? options, services =>
        {
            services.Add(service);
            more?.Invoke(services);
        });
        var channelOptions = new RpcChannelOptions();
        var callable = started.Addresses[0].Host == "0.0.0.0" ? RpcAddress.Tcp("127.0.0.1", started.Addresses[0].Port) : started.Addresses[0];
        return new ScriptHost(started, RpcChannel.Open(callable, channel?.Invoke(channelOptions) ?? channelOptions), service, log, folder);
    }

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await Server.DisposeAsync();
        if (_folder is not null)
        {
            Assert.Empty(Directory.GetFileSystemEntries(_folder));
            Directory.Delete(_folder, recursive: true);
        }

        if (!ErrorsExpected) Assert.Empty(Log.Errors);
    }

    /// <summary>Waits for something to become true on another thread.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        for (var i = 0; i < 500; i++)
        {
            if (condition()) return;
            await Task.Delay(10);
        }

        Assert.Fail($"Not within five seconds: {what}");
    }

    public static async Task<RpcException> FailsAsync(Func<Task> call) => await Assert.ThrowsAnyAsync<RpcException>(call);
}
