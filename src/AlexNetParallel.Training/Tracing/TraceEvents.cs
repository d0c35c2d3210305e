using System.Buffers;
using System.Text.Json;
using AlexNetParallel.Model.Planning;

namespace AlexNetParallel.Training.Tracing;

/// <summary>Events of Chrome's trace format, written one by one into a <see cref="TraceFile"/>. Times in nanoseconds of the coordinator's clock. Not thread-safe.</summary>
/// <param name="file">Takes them.</param>
/// <param name="plan">Names what the workers do.</param>
/// <param name="origin">Time 0 of the trace.</param>
internal sealed class TraceEvents(TraceFile file, Plan plan, long origin) : IDisposable
{
    /// <summary>The process number of the coordinator; a worker's is its rank and 1.</summary>
    public const int Coordinator = 0;

    private readonly ArrayBufferWriter<byte> buffer = new(512);
    private readonly Utf8JsonWriter json = new(new ArrayBufferWriter<byte>());

    /// <summary>Names a process, in the order of their numbers.</summary>
    public void Process(int process, string name)
    {
        Write("process_name", "M", process, null, null, () => json.WriteString("name", name));
        Write("process_sort_index", "M", process, null, null, () => json.WriteNumber("sort_index", process));
    }

    /// <summary>Something without a duration.</summary>
    public void Instant(int process, string name, long at) => Write(name, "i", process, at, null, null);

    /// <summary>Something with a duration.</summary>
    public void Complete(int process, string name, string category, long begin, long end, Action? arguments = null) => Write(name, "X", process, begin, end - begin, arguments, category);

    /// <summary>One instruction of a worker's program: its name is the layer and what is done for it.</summary>
    public void Instruction(int rank, long step, int number, long begin, long end)
    {
        var instruction = plan.Programs[rank].Instructions[number];
        var layer = plan.Network.Layers[instruction.LayerNumber].Name;
        var (pass, slab) = Describe(instruction);
        Complete(rank + 1, $"{layer} {pass}", slab is null ? instruction.Phase.ToString().ToLowerInvariant() : "exchange", begin, end, () =>
        {
            json.WriteNumber("step", step);
            json.WriteString("instruction", InstructionText.Describe(instruction));
            if (slab is not null) WriteSlab(slab);
        });
    }

    /// <summary>The way of a slab to a worker; ways overlap, so each is a track of its own (asynchronous events).</summary>
    public void Move(int rank, long step, int number, long begin, long end)
    {
        var slab = plan.Slabs[number];
        var exchange = plan.Exchanges[slab.Exchange];
        var name = $"{exchange.Layer} {exchange.Direction.ToString().ToLowerInvariant()} on its way";
        Write(name, "b", rank + 1, begin, null, () =>
        {
            json.WriteNumber("step", step);
            WriteSlab(slab);
        }, "exchange", number);
        Write(name, "e", rank + 1, end, null, null, "exchange", number);
    }

    /// <summary>Writes members of the object "args" of the event under way.</summary>
    public Utf8JsonWriter Arguments => json;

    /// <inheritdoc/>
    public void Dispose() => json.Dispose();

    private void WriteSlab(Slab slab)
    {
        json.WriteNumber("slab", slab.Id);
        json.WriteNumber("from", slab.From);
        json.WriteNumber("to", slab.To);
        json.WriteNumber("bytes", slab.Bytes);
    }

    private static (string Pass, Slab? Slab) Describe(Instruction instruction) => instruction switch
    {
        ForwardInstruction => ("forward", null),
        LossInstruction => ("loss", null),
        NeuronGradientInstruction => ("neuron gradient", null),
        InputGradientInstruction => ("input gradient", null),
        WeightGradientInstruction => ("weight gradient", null),
        FusedUpdateInstruction => ("weight gradient and update", null),
        SumInstruction => ("sum of gradients", null),
        SumParametersInstruction => ("sum of parameter gradients", null),
        UpdateInstruction => ("update", null),
        SendInstruction i => ("send", i.Slab),
        ReceiveInstruction i => ("receive", i.Slab),
        _ => (instruction.GetType().Name, null),
    };

    private void Write(string name, string phase, int process, long? at, long? duration, Action? arguments, string? category = null, int? id = null)
    {
        buffer.ResetWrittenCount();
        json.Reset(buffer);
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("ph", phase);
        if (category is not null) json.WriteString("cat", category);
        if (id is { } number) json.WriteNumber("id", number);
        json.WriteNumber("pid", process);
        json.WriteNumber("tid", process);
        if (at is { } time) json.WriteNumber("ts", Microseconds(time - origin));
        if (duration is { } length) json.WriteNumber("dur", Microseconds(Math.Max(0, length)));
        if (phase == "i") json.WriteString("s", "p");
        if (arguments is not null)
        {
            json.WriteStartObject("args");
            arguments();
            json.WriteEndObject();
        }
        json.WriteEndObject();
        json.Flush();
        file.Add(buffer.WrittenSpan);
    }

    private static decimal Microseconds(long nanoseconds) => nanoseconds / 1000m;
}
