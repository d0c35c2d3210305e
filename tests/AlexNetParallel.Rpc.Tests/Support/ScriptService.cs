using AlexNetParallel.Rpc.Tests.Protos;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>Does what the text of the request says, and counts what became of its calls.</summary>
internal sealed class ScriptService : Script.ScriptBase
{
    private int _cancelled;
    private int _stubbornDone;
    private int _floods;

    /// <summary>Handlers that saw their call cancelled.</summary>
    public int Cancelled => Volatile.Read(ref _cancelled);

    /// <summary>Handlers that ignored their deadline and are done.</summary>
    public int StubbornDone => Volatile.Read(ref _stubbornDone);

    /// <summary>Handlers that began to write without a look at their deadline.</summary>
    public int Floods => Volatile.Read(ref _floods);

    public override async Task<Note> Unary(Note request, ServerCallContext context)
    {
        switch (request.Text)
        {
            case "metadata":
                foreach (var entry in context.RequestHeaders.Where(e => e.Key.StartsWith("x-", StringComparison.Ordinal))) context.ResponseTrailers.Add(entry);
                await context.WriteResponseHeadersAsync(new Metadata { { "h-text", "ahead" }, { "h-bytes-bin", new byte[] { 0, 255, 7 } } });
                break;
            case "fail":
                throw new RpcException(new Status(StatusCode.FailedPrecondition, "bad ✓ 100%"), new Metadata { { "why", "because" }, { "why-bin", new byte[] { 1, 2, 255 } } });
            case "status":
                context.Status = new Status(StatusCode.OutOfRange, "by status");
                break;
            case "throw":
                throw new InvalidDataException("something broke");
            case "null":
                return null!;
            case "sleep":
                await WaitForCancellationAsync(context);
                break;
            case "stubborn":
                await Task.Delay(600, CancellationToken.None);
                Interlocked.Increment(ref _stubbornDone);
                break;
            case "peer":
                return new Note { Text = context.Peer };
            case "deadline":
                return new Note { Id = (ulong)Math.Max(0, context.Deadline == DateTime.MaxValue ? 0 : (context.Deadline - DateTime.UtcNow).TotalMilliseconds) };
            case "large":
                return new Note { Data = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(new byte[request.Count]) };
        }

        return request;
    }

    public override async Task ServerStream(Note request, IServerStreamWriter<Note> responses, ServerCallContext context)
    {
        for (var i = 0; i < request.Count; i++) await responses.WriteAsync(new Note { Id = (ulong)i, Data = request.Data });
        switch (request.Text)
        {
            case "fail":
                throw new RpcException(new Status(StatusCode.Aborted, "after data"), new Metadata { { "at", request.Count.ToString(System.Globalization.CultureInfo.InvariantCulture) } });
            case "forever":
                await WaitForCancellationAsync(context);
                break;
            case "flood":
                await FloodAsync(request, responses);
                break;
        }
    }

    public override async Task<Note> ClientStream(IAsyncStreamReader<Note> requests, ServerCallContext context)
    {
        ulong sum = 0;
        await foreach (var note in requests.ReadAllAsync())
        {
            sum += note.Id;
            if (note.Text == "enough") throw new RpcException(new Status(StatusCode.ResourceExhausted, "enough"));
        }

        return new Note { Id = sum };
    }

    public override async Task Duplex(IAsyncStreamReader<Note> requests, IServerStreamWriter<Note> responses, ServerCallContext context)
    {
        while (await requests.MoveNext(CancellationToken.None))
        {
            var note = requests.Current;
            if (note.Text == "fail") throw new RpcException(new Status(StatusCode.DataLoss, "as asked"));
            if (note.Text == "end") return;
            await responses.WriteAsync(note);
        }
    }

    /// <summary>Writes on and on without a look at the deadline: some write falls together with it.</summary>
    private async Task FloodAsync(Note request, IServerStreamWriter<Note> responses)
    {
        Interlocked.Increment(ref _floods);
        try
        {
            while (true) await responses.WriteAsync(request);
        }
        finally
        {
            Interlocked.Increment(ref _stubbornDone);
        }
    }

    private async Task WaitForCancellationAsync(ServerCallContext context)
    {
        try
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
        finally
        {
            Interlocked.Increment(ref _cancelled);
        }
    }
}
