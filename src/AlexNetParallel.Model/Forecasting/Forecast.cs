using AlexNetParallel.Model.Planning;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Forecasting;

/// <summary>What a training step is expected to cost.</summary>
/// <param name="Seconds">Time of the step.</param>
/// <param name="ComputeSeconds">By rank: time of its work.</param>
/// <param name="WaitSeconds">By rank: time in which it sends, or waits for what has not come.</param>
/// <param name="Bytes">Payload of all exchanges.</param>
/// <param name="MemoryBytes">By rank.</param>
public sealed record Forecast(double Seconds, IReadOnlyList<double> ComputeSeconds, IReadOnlyList<double> WaitSeconds, long Bytes, IReadOnlyList<long> MemoryBytes)
{
    /// <summary>
    /// Plays the workers' programs against a clock: an instruction takes its work's time by the machine's rates, a slab leaves when its source is ready and
    /// the line between the two workers is free, a receiver waits until it is there. The processor time that the link takes at each end is taken from the
    /// worker there, unless it waits meanwhile. The next step's first sends wait for nothing.
    /// </summary>
    /// <param name="plan">What is played.</param>
    /// <param name="machine">The rates.</param>
    /// <param name="transport">The link.</param>
    /// <exception cref="Files.RecipeException">The machine has no such link.</exception>
    public static Forecast Of(Plan plan, Machine machine, string transport)
    {
        ArgumentNullException.ThrowIfNull(plan);
        ArgumentNullException.ThrowIfNull(machine);
        var workers = plan.Workers;
        var link = workers > 1 ? machine.LinkOf(transport) : default;
        var (slowdown, crowding) = (machine.SlowdownWith(workers), machine.Crowding(workers));
        var (clock, compute, wait, next) = (new double[workers], new double[workers], new double[workers], new int[workers]);
        var arrival = new double[plan.Slabs.Count];
        Array.Fill(arrival, double.NaN);
        var free = new double[workers * workers];
        var owed = new double[workers];
        for (var moved = true; moved;)
        {
            moved = false;
            for (var rank = 0; rank < workers; rank++)
            {
                var program = plan.Programs[rank];
                for (; next[rank] < program.Instructions.Count; next[rank]++, moved = true)
                {
                    switch (program.Instructions[next[rank]])
                    {
                        case SendInstruction s:
                            var line = rank * workers + s.Slab.To;
                            var begin = Math.Max(clock[rank], free[line]);
                            var length = s.Slab.Bytes / link.BytesPerSecond;
                            free[line] = begin + length;
                            arrival[s.Slab.Id] = begin + length + link.LatencySeconds;
                            owed[rank] += crowding * link.WorkSeconds(s.Slab.Bytes);
                            continue;
                        case ReceiveInstruction r:
                            if (double.IsNaN(arrival[r.Slab.Id])) break;
                            var idle = Math.Max(0, arrival[r.Slab.Id] - clock[rank]);
                            wait[rank] += idle;
                            clock[rank] += idle;
                            owed[rank] = Math.Max(0, owed[rank] + crowding * link.WorkSeconds(r.Slab.Bytes) - idle);
                            continue;
                        case var instruction:
                            Pay(rank);
                            var seconds = slowdown * machine.Seconds(Work.Of(instruction, program, CaseBlock.Cases));
                            clock[rank] += seconds;
                            compute[rank] += seconds;
                            continue;
                    }
                    break;
                }
            }
        }
        for (var rank = 0; rank < workers; rank++) Pay(rank);
        return new Forecast(clock.Max() + machine.StepSeconds, compute, wait, plan.BytesPerStep, [.. plan.Programs.Select(p => p.Memory.Total)]);

        void Pay(int rank)
        {
            clock[rank] += owed[rank];
            wait[rank] += owed[rank];
            owed[rank] = 0;
        }
    }
}
