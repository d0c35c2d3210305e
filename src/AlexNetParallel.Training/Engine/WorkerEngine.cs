using AlexNetParallel.Devices;
using AlexNetParallel.Exchange;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Operations;
using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Tracing;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// Runs one worker's program of a plan, tick by tick, on a device. It knows nothing of processes, files or schedules: who calls it brings images,
/// labels and rates. One thread calls it.
/// </summary>
public sealed class WorkerEngine : IDisposable
{
    private readonly DeviceLink link;
    private readonly EngineMemory memory;
    private readonly EngineStep[] steps;
    private readonly TickState state;
    private readonly ITransport transport;
    private readonly IReadOnlyList<Slab> incoming;
    private readonly IReadOnlyList<Slab> outgoing;
    private readonly bool[] sent;
    private readonly WorkerPosition? position;
    private long lastTick;

    /// <param name="plan">What to run.</param>
    /// <param name="rank">Which of its programs.</param>
    /// <param name="device">Where; stays the caller's.</param>
    /// <param name="transport">Not yet connected; stays the caller's. The constructor allocates from it.</param>
    /// <param name="seed">Seed of the run: initial weights and dropout masks follow from it.</param>
    /// <param name="keepGradients">Keep the gradients of fully connected layers after the update, to look at them; the same bits, more memory and time.</param>
    /// <param name="position">Where the engine tells what it is doing; stays the caller's.</param>
    public WorkerEngine(Plan plan, int rank, IDevice device, ITransport transport, ulong seed, bool keepGradients = false, WorkerPosition? position = null)
    {
        (Plan, Rank, Device, this.transport, this.position) = (plan, rank, device, transport, position);
        state = new TickState(plan.Network, seed);
        link = DeviceLink.For(device, transport, plan, rank, keepGradients);
        memory = new EngineMemory(plan, rank, device, link, seed, keepGradients);
        steps = new StepBuilder(plan, rank, device, link, memory, state).Build();
        incoming = [.. plan.Slabs.Where(s => s.To == rank)];
        outgoing = [.. plan.Slabs.Where(s => s.From == rank)];
        sent = new bool[plan.Slabs.Count];
        device.Synchronize(); // all memory is zeroed before anything can arrive in it
    }

    /// <summary>The plan that is run.</summary>
    public Plan Plan { get; }

    /// <summary>The worker's rank.</summary>
    public int Rank { get; }

    /// <summary>Where it runs.</summary>
    public IDevice Device { get; }

    /// <summary>The worker's program.</summary>
    public WorkerProgram Program => Plan.Programs[Rank];

    /// <summary>Time of each step of the program, summed over the ticks since the last <see cref="ResetTimes"/>.</summary>
    public IEnumerable<(Instruction Instruction, double Seconds)> Times =>
        steps.Select(s => (s.Instruction, s.StopwatchTicks / (double)System.Diagnostics.Stopwatch.Frequency));

    /// <summary>Time in operations of the device, since the last <see cref="ResetTimes"/>.</summary>
    public double ComputeSeconds
    {
        get
        {
            var ticks = 0L;
            foreach (var step in steps)
                if (step.Exchange is null) ticks += step.StopwatchTicks;
            return ticks / (double)System.Diagnostics.Stopwatch.Frequency;
        }
    }

    /// <summary>Where the times of a traced tick are kept; null, the default, where none is. It records while its owner lets it.</summary>
    public StepTrace? Trace
    {
        get => link.Trace;
        set => link.Trace = value;
    }

    /// <summary>Spans that a tick comes to at most.</summary>
    public int TraceCapacity => steps.Length + incoming.Count;

    /// <summary>What all exchanges have cost this worker since it was connected.</summary>
    public ExchangeTimes ExchangeTimes => transport.Times;

    /// <summary>
    /// Seconds since the engine was built in which a device with a queue of its own had nothing to do because a slab was not there yet; null where the engine's thread computes.
    /// </summary>
    public double? StarvedSeconds => link.StarvedSeconds;

    /// <summary>Forgets the times so far.</summary>
    public void ResetTimes()
    {
        foreach (var step in steps) step.StopwatchTicks = 0;
    }

    /// <summary>All slabs that leave or enter this worker: what the transport is connected with.</summary>
    public IReadOnlyList<Slab> Slabs => [.. Plan.Slabs.Where(s => s.From == Rank || s.To == Rank)];

    /// <summary>The parameters of a set, to read or set them.</summary>
    public DeviceParameters Parameters(int set) => memory.Parameters(set);

    /// <summary>The view of a tensor of this worker, for looking at activations and gradients.</summary>
    public TensorView Tensor(int id) => memory.View(id);

    /// <summary>
    /// Runs one tick. A training tick computes the loss, the gradients and the update; a test tick only the loss.
    /// </summary>
    /// <param name="tick">Which. Numbers rise by 1 on all workers alike.</param>
    /// <param name="images">Host address of the input tensor in the layout of <see cref="ImageLayout"/>; must stay until the call returns.</param>
    /// <param name="labels">Host address of the labels, one int for each case.</param>
    /// <param name="rates">Update rule of each layer by number; unused at test.</param>
    /// <returns>Sums of loss and errors over the cases whose loss this worker computes; zero where another worker does.</returns>
    /// <exception cref="ExchangeException">A peer or the job is gone.</exception>
    public unsafe LossSums Run(Tick tick, nint images, nint labels, UpdateRule[] rates)
    {
        var training = tick.Split == Split.Train;
        position?.Begin(tick);
        foreach (var slab in outgoing)
        {
            if (!sent[slab.Id]) continue;
            transport.WaitSent(slab.Id, lastTick);
            sent[slab.Id] = false;
        }
        state.Begin(tick, labels, rates);
        link.Begin(images, memory.ImageLayout);
        foreach (var slab in incoming)
            if (state.Crosses(Plan.Exchanges[slab.Exchange]))
                transport.PostReceive(slab.Id, tick.Number);
        for (var i = 0; i < steps.Length; i++)
        {
            var step = steps[i];
            if (!training && step.Instruction.Phase != Phase.Forward) continue;
            if (!state.Wants(step)) continue;
            position?.At(i);
            link.Run(step);
            if (step.Instruction is SendInstruction send) sent[send.Slab.Id] = true;
        }
        link.Finish();
        if (Trace is { IsOn: true } trace) AddMoves(trace);
        position?.At(-1);
        lastTick = tick.Number;
        return state.Loss;
    }

    /// <summary>When the slabs were on their way, which the program's own steps do not tell: they move while it computes.</summary>
    private void AddMoves(StepTrace trace)
    {
        foreach (var slab in incoming)
        {
            if (!state.Crosses(Plan.Exchanges[slab.Exchange])) continue;
            var (begin, end) = transport.LastMove(slab.Id);
            if (end > begin) trace.AddMove(slab.Id, begin, end);
        }
    }

    /// <summary>Layout that the images of a tick must have; null when this worker reads none.</summary>
    public Model.Tensors.TensorLayout? ImageLayout => memory.ImageLayout;

    /// <inheritdoc/>
    public void Dispose()
    {
        link.Dispose();
        memory.Dispose();
    }
}
