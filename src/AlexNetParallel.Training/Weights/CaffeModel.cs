using AlexNetParallel.Training.Weights.Caffe;
using Google.Protobuf;

namespace AlexNetParallel.Training.Weights;

/// <summary>Reads Caffe's .caffemodel files, of both generations ("layer" and "layers").</summary>
public static class CaffeModel
{
    /// <summary>The weights of a file: for each layer with blobs "NAME.weight" and "NAME.bias".</summary>
    /// <exception cref="WeightsException">It is no such file.</exception>
    public static IReadOnlyList<NamedTensor> Read(string path)
    {
        CaffeNet net;
        try
        {
            using var file = File.OpenRead(path);
            // 2 GiB is protobuf's own limit; bvlc_alexnet has 233 MiB.
            using var input = CodedInputStream.CreateWithLimits(file, int.MaxValue, 100);
            net = CaffeNet.Parser.WithDiscardUnknownFields(true).ParseFrom(input);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new WeightsException($"{path} is no .caffemodel that can be read to its end: {e.Message}", e);
        }
        var tensors = net.Layer.Select(l => (l.Name, l.Blobs)).Concat(net.Layers.Select(l => (l.Name, l.Blobs)))
            .SelectMany(l => l.Blobs.Select((blob, i) => Tensor(path, $"{l.Name}.{(i == 0 ? "weight" : i == 1 ? "bias" : $"blob{i}")}", blob))).ToList();
        return tensors.Count > 0 ? tensors : throw new WeightsException($"{path} holds no layer with weights; expected a .caffemodel");
    }

    private static NamedTensor Tensor(string path, string name, CaffeBlob blob)
    {
        float[] values = blob.DoubleData.Count > 0 ? [.. blob.DoubleData.Select(v => (float)v)] : [.. blob.Data];
        IReadOnlyList<long> shape = blob.Shape is not null ? [.. blob.Shape.Dim] : [blob.Num, blob.Channels, blob.Height, blob.Width];
        var expected = shape.Aggregate(1L, (p, s) => p * s);
        return expected == values.LongLength ? new NamedTensor(name, shape, values)
            : throw new WeightsException($"{path}: {name} has {values.Length} numbers for shape [{string.Join(", ", shape)}]; the file is damaged");
    }
}
