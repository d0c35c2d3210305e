using AlexNetParallel.Model.Partitions;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Model.Planning;

/// <summary>
/// What crosses in one piece, once in each run of the program: one block of one box of an exchange. Sent as soon as it is ready.
/// </summary>
/// <param name="Id">Number of the slab in the plan, from 0.</param>
/// <param name="Exchange">Number of the exchange that it belongs to.</param>
/// <param name="From">Rank of the sending worker.</param>
/// <param name="To">Rank of the receiving worker.</param>
/// <param name="SourceTensor">The sender's number of the tensor that it leaves.</param>
/// <param name="Source">Where it lies there.</param>
/// <param name="DestinationTensor">The receiver's number of the tensor that it enters.</param>
/// <param name="Destination">Where it lies there; the same number of floats.</param>
/// <param name="Wire">What its floats are on the way.</param>
public sealed record Slab(
    int Id, int Exchange, int From, int To, int SourceTensor, StridedBox Source, int DestinationTensor, StridedBox Destination, WireFormat Wire = WireFormat.Single)
{
    /// <summary>Payload in bytes.</summary>
    public long Bytes => BytesOf(Source, Wire);

    /// <summary>Payload of a box in bytes.</summary>
    public static long BytesOf(in StridedBox box, WireFormat wire) => wire == WireFormat.Half ? box.Bytes / 2 : box.Bytes;
}
