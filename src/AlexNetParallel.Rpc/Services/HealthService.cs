using System.Threading.Channels;
using AlexNetParallel.Rpc.Protos.Health;
using Grpc.Core;
using ServingStatus = AlexNetParallel.Rpc.Protos.Health.HealthCheckResponse.Types.ServingStatus;

namespace AlexNetParallel.Rpc.Services;

/// <summary>
/// The standard health service (doc/health-checking.md of grpc/grpc). Every server has one: its services are serving from the start until the
/// server is told to stop; a service that is not ready says so with <see cref="SetServing"/>.
/// </summary>
public sealed class HealthService : Health.HealthBase
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, ServingStatus> _statuses = new() { [""] = ServingStatus.Serving };
    private readonly List<(string Service, ChannelWriter<ServingStatus> Changes)> _watchers = [];
    private bool _stopping;

    internal HealthService()
    {
    }

    /// <summary>Says whether a service serves; "" is the server as a whole.</summary>
    public void SetServing(string service, bool serving)
    {
        ArgumentNullException.ThrowIfNull(service);
        lock (_lock)
        {
            var status = serving && !_stopping ? ServingStatus.Serving : ServingStatus.NotServing;
            _statuses[service] = status;
            Tell(service, status);
        }
    }

    /// <inheritdoc/>
    public override Task<HealthCheckResponse> Check(HealthCheckRequest request, ServerCallContext context)
    {
        lock (_lock)
        {
            return _statuses.TryGetValue(request.Service, out var status)
                ? Task.FromResult(new HealthCheckResponse { Status = status })
                : throw new RpcException(new Status(StatusCode.NotFound, $"There is no service '{request.Service}' here."));
        }
    }

    /// <inheritdoc/>
    public override async Task Watch(HealthCheckRequest request, IServerStreamWriter<HealthCheckResponse> responseStream, ServerCallContext context)
    {
        // Only the newest status matters to a slow watcher.
        var changes = Channel.CreateBounded<ServingStatus>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        var watcher = (request.Service, changes.Writer);
        lock (_lock)
        {
            _watchers.Add(watcher);
            changes.Writer.TryWrite(_statuses.GetValueOrDefault(request.Service, ServingStatus.ServiceUnknown));
            if (_stopping) changes.Writer.Complete();
        }

        try
        {
            await foreach (var status in changes.Reader.ReadAllAsync(context.CancellationToken).ConfigureAwait(false))
                await responseStream.WriteAsync(new HealthCheckResponse { Status = status }).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock) _watchers.Remove(watcher);
        }
    }

    /// <summary>The server was told to stop: nothing serves any more, and watchers are told and let go.</summary>
    internal void Stop()
    {
        lock (_lock)
        {
            _stopping = true;
            foreach (var service in _statuses.Keys.ToArray())
            {
                _statuses[service] = ServingStatus.NotServing;
                Tell(service, ServingStatus.NotServing);
            }

            foreach (var (_, changes) in _watchers) changes.TryComplete();
        }
    }

    private void Tell(string service, ServingStatus status)
    {
        foreach (var (watched, changes) in _watchers)
        {
            if (watched == service) changes.TryWrite(status);
        }
    }
}
