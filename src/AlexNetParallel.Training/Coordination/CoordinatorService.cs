using System.Threading.Channels;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Tracing;
using Grpc.Core;

namespace AlexNetParallel.Training.Coordination;

/// <summary>The gRPC face of the coordinator: turns what workers say into inputs of its loop, and its answers into messages.</summary>
internal sealed class CoordinatorService(ChannelWriter<CoordinatorInput> inputs) : Wire.Coordinator.CoordinatorBase
{
    public override async Task Work(IAsyncStreamReader<WorkerMessage> requestStream, IServerStreamWriter<CoordinatorMessage> responseStream, ServerCallContext context)
    {
        var over = context.CancellationToken;
        if (!await requestStream.MoveNext(over).ConfigureAwait(false) || requestStream.Current.Registration is not { } registration)
            throw new RpcException(new Status(StatusCode.InvalidArgument, "the first message must be the registration"));
        var link = new WorkerLink(registration);
        inputs.TryWrite(new WorkerArrived(link));
        var reading = ReadAsync(link, requestStream, over);
        try
        {
            await foreach (var message in link.Outgoing.ReadAllAsync(over).ConfigureAwait(false))
                await responseStream.WriteAsync(message, over).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or IOException or InvalidOperationException)
        {
            // The worker is gone: the reading side says so.
        }
        if (link.Refusal is { } refusal) throw new RpcException(refusal);
        await reading.ConfigureAwait(false);
    }

    public override async Task<RunStatus> GetStatus(StatusRequest request, ServerCallContext context)
    {
        var answer = new TaskCompletionSource<RunStatus>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!inputs.TryWrite(new StatusAsked(answer))) throw new RpcException(new Status(StatusCode.Unavailable, "the run is over"));
        return await answer.Task.WaitAsync(context.CancellationToken).ConfigureAwait(false);
    }

    private async Task ReadAsync(WorkerLink link, IAsyncStreamReader<WorkerMessage> stream, CancellationToken over)
    {
        Exception? error = null;
        try
        {
            while (await stream.MoveNext(over).ConfigureAwait(false))
            {
                // A question for the time is answered here: in the queue of the loop it would grow old.
                if (stream.Current.ClockQuestion is { } question)
                    link.Send(new CoordinatorMessage { ClockAnswer = new ClockAnswer { Asked = question.Asked, Received = TraceClock.Now, Answered = TraceClock.Now } });
                else inputs.TryWrite(new WorkerSaid(link, stream.Current));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or RpcException or IOException)
        {
            error = e;
        }
        inputs.TryWrite(new WorkerLeft(link, error));
    }
}
