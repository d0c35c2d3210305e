using System.Diagnostics;
using System.Threading.Channels;
using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Coordination.Wire;
using Grpc.Core;

namespace AlexNetParallel.Training.Coordination;

/// <summary>A worker's end of its stream with the coordinator: an open call, and a queue of what is to be sent.</summary>
internal sealed class CoordinatorConnection : IAsyncDisposable
{
    private static readonly TimeSpan between = TimeSpan.FromMilliseconds(200);

    private readonly RpcChannel channel;
    private readonly AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> call;
    private readonly Channel<WorkerMessage> outgoing = Channel.CreateUnbounded<WorkerMessage>(new UnboundedChannelOptions { SingleReader = true });
    private readonly Task sending;

    private CoordinatorConnection(RpcChannel channel, AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage> call, Job job)
    {
        (this.channel, this.call, Job) = (channel, call, job);
        sending = SendAsync();
    }

    /// <summary>The coordinator's answer to the registration.</summary>
    public Job Job { get; }

    /// <summary>Registers with the coordinator, which may not be there yet, and waits for the job: until all workers have registered.</summary>
    /// <exception cref="WorkerSessionException">It cannot be reached in time, or refuses.</exception>
    public static async Task<CoordinatorConnection> OpenAsync(WorkerSessionOptions options, Registration registration, CancellationToken cancellation)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            var channel = Open(options);
            AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage>? call = null;
            try
            {
                call = new Wire.Coordinator.CoordinatorClient(channel).Work(cancellationToken: cancellation);
                await call.RequestStream.WriteAsync(new WorkerMessage { Registration = registration }, cancellation).ConfigureAwait(false);
                if (!await call.ResponseStream.MoveNext(cancellation).ConfigureAwait(false)) throw new WorkerSessionException($"the coordinator at {options.Coordinator} ended the run before it began");
                var first = call.ResponseStream.Current;
                if (first.Abort is { } abort) throw new WorkerSessionException($"the run was ended: {abort.Reason}");
                return new CoordinatorConnection(channel, call, first.Job ?? throw new WorkerSessionException($"the coordinator at {options.Coordinator} answered with {first.MessageCase} where a job was expected"));
            }
            catch (RpcException e) when (e.StatusCode == StatusCode.Unavailable && clock.Elapsed < options.ConnectTime)
            {
                Close(channel, call);
                await Task.Delay(between, cancellation).ConfigureAwait(false);
            }
            catch (RpcException e)
            {
                Close(channel, call);
                cancellation.ThrowIfCancellationRequested();
                throw new WorkerSessionException(e.StatusCode == StatusCode.Unavailable
                    ? $"the coordinator at {options.Coordinator} could not be reached within {options.ConnectTime.TotalSeconds:F0} s: {e.Status.Detail}"
                    : $"the coordinator at {options.Coordinator} refuses: {e.Status.Detail}", e);
            }
            catch
            {
                Close(channel, call);
                throw;
            }
        }
    }

    /// <summary>Puts a message into the queue.</summary>
    public void Send(WorkerMessage message) => outgoing.Writer.TryWrite(message);

    /// <summary>Messages of the coordinator to the end of the stream.</summary>
    /// <exception cref="RpcException">The stream broke.</exception>
    public IAsyncEnumerable<CoordinatorMessage> Messages(CancellationToken cancellation) => call.ResponseStream.ReadAllAsync(cancellation);

    /// <summary>Sends what is in the queue and ends this side of the stream.</summary>
    public async Task FlushAsync(TimeSpan limit)
    {
        outgoing.Writer.TryComplete();
        await Task.WhenAny(sending, Task.Delay(limit)).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await FlushAsync(TimeSpan.FromSeconds(1)).ConfigureAwait(false);
        Close(channel, call);
    }

    private static RpcChannel Open(WorkerSessionOptions options)
    {
        try
        {
            return RpcChannel.Open(options.Coordinator, new RpcChannelOptions { Security = options.Security });
        }
        catch (InvalidOperationException e)
        {
            throw new WorkerSessionException(e.Message, e); // The address needs protection.
        }
    }

    private static void Close(RpcChannel channel, AsyncDuplexStreamingCall<WorkerMessage, CoordinatorMessage>? call)
    {
        call?.Dispose();
        channel.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (var message in outgoing.Reader.ReadAllAsync().ConfigureAwait(false)) await call.RequestStream.WriteAsync(message).ConfigureAwait(false);
            await call.RequestStream.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or IOException or InvalidOperationException or OperationCanceledException)
        {
            // The reading side learns of the broken stream and ends the job.
        }
    }
}
