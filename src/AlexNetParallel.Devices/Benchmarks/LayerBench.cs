using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Devices.Benchmarks;

/// <summary>
/// Times each pass of a network's layers, as one tower's worker computes them, and checks what was computed: matrix products against the processor's peak,
/// everything else against memory.
/// </summary>
/// <param name="device">Computes.</param>
/// <param name="batch">Images, at least 1.</param>
/// <param name="seconds">Measures a pass at least this long.</param>
/// <param name="repetitions">And at least this often.</param>
public sealed class LayerBench(CpuDevice device, int batch, double seconds = 0.5, int repetitions = 7) : IDisposable
{
    private readonly MemoryBandwidth memory = new();
    private readonly CpuDevice narrow = new(new CpuOptions { VectorBits = 128 });

    /// <summary>The passes of one layer; none where it has nothing to time.</summary>
    public IEnumerable<LayerTiming> Measure(Layer layer)
    {
        var wrong = CountWrong(layer);
        var bench = new OperationBench(device, seconds, repetitions);
        using var passes = new LayerPasses(device, layer, batch);
        foreach (var pass in passes.All())
        {
            void Run() => pass.Run(passes.Blocks);
            if (pass.Flop > 0)
            {
                var timing = bench.Measure(Run, pass.Flop);
                yield return new LayerTiming(layer.Name, pass.Name, timing.Seconds, timing.FlopPerSecond, timing.FractionOfPeak,
                    (pass.BytesRead + pass.BytesWritten) / timing.Seconds, null, wrong[pass.Name]);
            }
            else
            {
                var timing = bench.Measure(Run, pass.BytesRead, pass.BytesWritten, memory);
                yield return new LayerTiming(layer.Name, pass.Name, timing.Seconds, null, null, timing.BytesPerSecond, timing.FractionOfMemory, wrong[pass.Name]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        memory.Dispose();
        narrow.Dispose();
    }

    /// <summary>Runs each pass once for one block of cases on the device and with the narrowest vectors; the bits must be the same.</summary>
    private Dictionary<string, long> CountWrong(Layer layer)
    {
        using var ours = new LayerPasses(device, layer, CaseBlock.Cases);
        using var theirs = new LayerPasses(narrow, layer, CaseBlock.Cases);
        var wrong = new Dictionary<string, long>();
        foreach (var (mine, other) in ours.All().Zip(theirs.All()))
        {
            mine.Run(ours.Blocks);
            other.Run(theirs.Blocks);
            wrong[mine.Name] = mine.Result().Zip(other.Result()).LongCount(pair => BitConverter.SingleToInt32Bits(pair.First) != BitConverter.SingleToInt32Bits(pair.Second));
        }
        return wrong;
    }
}
