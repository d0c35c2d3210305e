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

/// <summary>
/// Times operations of a CPU device against the processor's peak. With one thread the thread's own clock is used, so that a busy machine does not
/// spoil the figures; with more threads the time that passes.
/// </summary>
/// <param name="device">The device that the operations run on.</param>
/// <param name="seconds">Measures an operation at least this long.</param>
/// <param name="repetitions">And at least this often.</param>
public sealed class OperationBench(CpuDevice device, double seconds = 0.5, int repetitions = 7)
{
    /// <summary>Repeats an operation, with a measurement of the peak between repetitions.</summary>
    /// <param name="operation">To be called on this thread.</param>
    /// <param name="flop">FLOP of one call.</param>
    public OperationTiming Measure(Action operation, double flop)
    {
        // The first calls compile code, allocate scratch memory and touch pages.
        for (var i = 0; i < 2; i++) operation();
        List<double> times = [], fractions = [], peaks = [CpuPeak.Measure(device.VectorBits)];
        for (var total = 0.0; times.Count < repetitions || total < seconds;)
        {
            var start = Now();
            operation();
            var time = Now() - start;
            total += time;
            times.Add(time);
            peaks.Add(CpuPeak.Measure(device.VectorBits));
            fractions.Add(flop / time / ((peaks[^1] + peaks[^2]) / 2 * device.Threads));
        }
        var median = Median(times);
        return new OperationTiming(median, flop / median, Median(peaks) * device.Threads, Median(fractions), times.Count);
    }

    private double Now() => device.Threads == 1 ? ThreadClock.Seconds() : Stopwatch.GetTimestamp() / (double)Stopwatch.Frequency;

    private static double Median(List<double> values)
    {
        List<double> sorted = [.. values.Order()];
        var middle = sorted.Count / 2;
        return sorted.Count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
