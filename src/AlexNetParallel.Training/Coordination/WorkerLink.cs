using System.Threading.Channels;
using AlexNetParallel.Training.Coordination.Wire;
using AlexNetParallel.Training.Engine;
using Grpc.Core;

namespace AlexNetParallel.Training.Coordination;

/// <summary>The coordinator's end of one worker's stream, and what it knows of the worker.</summary>
internal sealed class WorkerLink(Registration registration)
{
    private readonly Channel<CoordinatorMessage> outgoing = Channel.CreateUnbounded<CoordinatorMessage>(new UnboundedChannelOptions { SingleReader = true });
    private long silence; // ticks of TimeSpan

    /// <summary>What the worker said of itself.</summary>
    public Registration Registration => registration;

    /// <summary>Its number; −1 until it is admitted.</summary>
    public int Rank { get; set; } = -1;

    /// <summary>Its place in its program as heartbeats tell.</summary>
    public Heartbeat Heard { get; private set; } = new() { Instruction = -1 };

    /// <summary>The page that the worker keeps its place in; null for one on another host.</summary>
    public WorkerPosition? Page { get; set; }

    /// <summary>What it measured of its exchanges; null until it has told.</summary>
    public Counters? Counters { get; set; }

    /// <summary>Its last words; null until it has finished.</summary>
    public Finished? Finished { get; set; }

    /// <summary>Why the worker is not admitted.</summary>
    public Status? Refusal { get; private set; }

    /// <summary>Time since it last said anything, as far as the coordinator was there to hear: what passed while its process stood still (stopped by a signal, its
    /// machine suspended) does not count.</summary>
    public TimeSpan Silence => new(Volatile.Read(ref silence));

    /// <summary>How it is called in messages.</summary>
    public string Name => $"worker {Rank} (pid {registration.Pid} on {registration.HostName})";

    /// <summary>Messages to the worker.</summary>
    public ChannelReader<CoordinatorMessage> Outgoing => outgoing.Reader;

    /// <summary>Time has passed in which the coordinator listened.</summary>
    public void Listened(TimeSpan time) => Interlocked.Add(ref silence, time.Ticks);

    /// <summary>Notes a sign of life.</summary>
    public void Hear(Heartbeat? heartbeat)
    {
        Volatile.Write(ref silence, 0);
        if (heartbeat is not null) Heard = heartbeat;
    }

    /// <summary>Sends a message; does nothing when the stream is closed.</summary>
    public void Send(CoordinatorMessage message) => outgoing.Writer.TryWrite(message);

    /// <summary>Ends the stream after what has been sent.</summary>
    public void Close() => outgoing.Writer.TryComplete();

    /// <summary>Ends the stream with an error.</summary>
    public void Refuse(StatusCode code, string why)
    {
        Refusal = new Status(code, why);
        Close();
    }
}
