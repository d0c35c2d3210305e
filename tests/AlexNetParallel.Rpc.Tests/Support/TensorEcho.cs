using AlexNetParallel.Rpc.Tensors;
using Grpc.Core;

namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>Sends every tensor back, from a strided place of its own.</summary>
internal sealed class TensorEcho : TensorExchangeBase, IDisposable
{
    private readonly NativeBlock _memory = new(64 << 20);

    public override async Task Open(TensorStream stream, TensorCall context)
    {
        var row = int.Parse(context.RequestHeaders.GetValue("row-bytes") ?? "0", System.Globalization.CultureInfo.InvariantCulture);
        while (await stream.NextAsync())
        {
            if (stream.Slab == 999) throw new RpcException(new Status(StatusCode.Aborted, "slab 999"));
            var (slab, tick) = (stream.Slab, stream.Tick);
            var place = row == 0 || stream.PayloadBytes % row != 0
                ? NativeRows.Contiguous(_memory.Address, stream.PayloadBytes)
                : new NativeRows(_memory.Address, stream.PayloadBytes / row, 1, row, row + 64, 0);
            await stream.ReceiveAsync(place);
            await stream.SendAsync(slab, tick, place);
        }
    }

    public void Dispose() => _memory.Dispose();
}
