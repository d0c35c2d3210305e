using System.Diagnostics;
using AlexNetParallel.Devices.Cpu;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>What one operation took.</summary>
/// <param name="Seconds">Median.</param>
/// <param name="FlopPerSecond">FLOP of the operation by the median; a multiply-add counts as two.</param>
/// <param name="PeakFlopPerSecond">Median of the peaks measured between the repetitions, all of the device's threads together.</param>
/// <param name="FractionOfPeak">Median of each repetition's speed by the peak measured right before and after it.</param>
/// <param name="Repetitions">Repetitions measured.</param>
public readonly record struct OperationTiming(double Seconds, double FlopPerSecond, double PeakFlopPerSecond, double FractionOfPeak, int Repetitions);

/// <summary>What one operation that is bound by memory took.</summary>
/// <param name="Seconds">Median.</param>
/// <param name="BytesPerSecond">Bytes that the operation reads and writes, by the median.</param>
/// <param name="TrafficPerSecond">Median of the memory traffic that copies made between the repetitions (<see cref="MemoryBandwidth"/>), of one core.</param>
/// <param name="FractionOfMemory">Median of each repetition's traffic by that of the copies right before and after it.</param>
/// <param name="Repetitions">Repetitions measured.</param>
public readonly record struct MemoryTiming(double Seconds, double BytesPerSecond, double TrafficPerSecond, double FractionOfMemory, int Repetitions);

/// <summary>
/// Times operations of a CPU device against the processor's peak, or against what one core gets from memory. With one thread the thread's own clock is used, so that a busy machine does not
/// spoil the figures; with more threads the time that passes.
/// </summary>
/// <param name="device">The device that the operations run on.</param>
/// <param name="seconds">Measures an operation at least this long.</param>
/// <param name="repetitions">And at least this often.</param>
public sealed class OperationBench(CpuDevice device, double seconds = 0.5, int repetitions = 7)
{
    private const double ShortestRepetition = 0.01;

    /// <summary>Repeats an operation, with a measurement of the peak between repetitions.</summary>
    /// <param name="operation">To be called on this thread.</param>
    /// <param name="flop">FLOP of one call.</param>
    public OperationTiming Measure(Action operation, double flop)
    {
        var (median, peak, fraction, count) = Repeat(operation, flop, () => CpuPeak.Measure(device.VectorBits) * device.Threads);
        return new OperationTiming(median, flop / median, peak, fraction, count);
    }

    /// <summary>Repeats an operation, with a copy in memory between repetitions.</summary>
    /// <param name="operation">To be called on this thread.</param>
    /// <param name="bytesRead">Bytes of the tensors that one call reads.</param>
    /// <param name="bytesWritten">Bytes of the tensors that one call writes.</param>
    /// <param name="memory">What the operation is measured against.</param>
    public MemoryTiming Measure(Action operation, long bytesRead, long bytesWritten, MemoryBandwidth memory)
    {
        var traffic = MemoryBandwidth.Traffic(bytesRead, bytesWritten);
        var (median, copies, fraction, count) = Repeat(operation, traffic, () => memory.MeasureTraffic(device.VectorBits));
        return new MemoryTiming(median, (bytesRead + bytesWritten) / median, copies, fraction, count);
    }

    /// <summary>Medians of the time, of the yardstick's speed, and of the operation's speed by the yardstick's right before and after it.</summary>
    private (double Seconds, double Yardstick, double Fraction, int Count) Repeat(Action operation, double work, Func<double> yardstick)
    {
        // The first calls compile code, allocate scratch memory and touch pages.
        for (var i = 0; i < 2; i++) operation();
        var once = Now();
        operation();
        var calls = Math.Max(1, (int)(ShortestRepetition / Math.Max(Now() - once, 1e-7))); // of a short operation for each repetition
        List<double> times = [], fractions = [], speeds = [yardstick()];
        for (var total = 0.0; times.Count < repetitions || total < seconds;)
        {
            var start = Now();
            for (var i = 0; i < calls; i++) operation();
            var time = (Now() - start) / calls;
            total += time * calls;
            times.Add(time);
            speeds.Add(yardstick());
            fractions.Add(work / time / ((speeds[^1] + speeds[^2]) / 2));
        }
        return (Median(times), Median(speeds), Median(fractions), times.Count);
    }

    private double Now() => device.Threads == 1 ? ThreadClock.Seconds() : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    private static double Median(List<double> values)
    {
        List<double> sorted = [.. values.Order()];
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
