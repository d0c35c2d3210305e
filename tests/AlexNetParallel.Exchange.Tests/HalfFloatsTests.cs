using AlexNetParallel.Exchange.Direct;
using AlexNetParallel.Model.Tensors;

namespace AlexNetParallel.Exchange.Tests;

/// <summary>Conversion to halves and back, against the definition: .NET's own scalar conversion rounds to nearest, ties to even (IEEE 754).</summary>
public sealed class HalfFloatsTests
{
    [Fact]
    public void EveryHalfComesBackAsItIs()
    {
        var halves = Enumerable.Range(0, 1 << 16).Select(bits => (float)BitConverter.UInt16BitsToHalf((ushort)bits)).Where(h => !float.IsNaN(h)).ToArray();
        var rounded = new float[halves.Length];
        HalfFloats.Round(halves, rounded);
        Assert.Equal(halves.Select(BitConverter.SingleToInt32Bits), rounded.Select(BitConverter.SingleToInt32Bits));
    }

    [Fact]
    public void WhatLiesBetweenGoesToTheNearestAndTiesToTheEven()
    {
        var floats = new List<float> { 65_504, 65_519.996f, 65_520, 1e9f, -1e9f, 5.9604645e-8f, 2.9802322e-8f, 2.9802326e-8f, 1e-30f, 0, -0f, float.PositiveInfinity };
        // Between each half and the next: a quarter, the middle, and a hair above it.
        for (ushort bits = 0; bits < 0x7bff; bits++)
        {
            var (low, high) = ((float)BitConverter.UInt16BitsToHalf(bits), (float)BitConverter.UInt16BitsToHalf((ushort)(bits + 1)));
            var middle = (low + high) / 2;
            floats.AddRange([low + (high - low) / 4, middle, MathF.BitIncrement(middle), -middle]);
        }
        var given = floats.ToArray();
        var rounded = new float[given.Length];
        HalfFloats.Round(given, rounded);
        Assert.Equal(given.Select(f => BitConverter.SingleToInt32Bits((float)(Half)f)), rounded.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([65_504, 65_504, float.PositiveInfinity, float.PositiveInfinity], rounded[..4]);
    }

    [Fact]
    public unsafe void PackedAndUnpackedIsRounded()
    {
        var box = new StridedBox(5, 3, 4, 33, 200, 40);
        var random = new Random(3);
        var source = Enumerable.Range(0, 700).Select(_ => (random.NextSingle() - 0.5f) * 1000).ToArray();
        var (unpacked, copied) = (new float[source.Length], new float[source.Length]);
        var halves = new Half[box.Length];
        fixed (float* s = source, u = unpacked, c = copied)
        fixed (Half* h = halves)
        {
            HalfFloats.Pack(s, box, (nint)h);
            HalfFloats.Unpack((nint)h, u, box);
            Assert.Equal(2 * box.Length, BoxCopy.Copy(s, box, c, box, Model.Partitions.WireFormat.Half));
        }
        Assert.Equal(copied, unpacked);
        Assert.Equal(box.Length, unpacked.Zip(source).Count(p => p.First == (float)(Half)p.Second && p.First != 0));
        Assert.Equal(box.Length, unpacked.Count(f => f != 0));
    }
}
