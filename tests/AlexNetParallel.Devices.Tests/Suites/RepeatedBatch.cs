using AlexNetParallel.Testing;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>
/// Batches that repeat a few images, for layers at which the reference would take minutes: it computes the images alone, and all other cases of the batch must have
/// the bits of theirs. Case n is image n mod the number of images, which is no divisor of 32, so that blocks of cases differ.
/// </summary>
internal static class RepeatedBatch
{
    /// <summary>A batch of so many cases.</summary>
    public static HostTensor Repeat(HostTensor images, int cases) => Cases(images, cases, n => n % images.Cases);

    /// <summary>The first images, or as many as a batch has cases.</summary>
    public static HostTensor First(HostTensor images, int cases) => Cases(images, Math.Min(cases, images.Cases), n => n);

    /// <summary>The images of a batch, after a look at whether each other case has the bits of its image.</summary>
    public static HostTensor Images(HostTensor batch, int images, string what)
    {
        var size = batch.Values.Length / batch.Cases;
        for (var n = images; n < batch.Cases; n++)
        {
            var difference = batch.Values.AsSpan(n * size, size).CommonPrefixLength(batch.Values.AsSpan(n % images * size, size));
            Assert.True(difference == size, $"{what}: element {difference} of case {n} is {batch.Values[n * size + Math.Min(difference, size - 1)]:R}, not what case {n % images} has, the same image");
        }
        return First(batch, Math.Min(images, batch.Cases));
    }

    /// <summary>Images times how often each occurs in the batch: what a sum over all cases makes of them.</summary>
    public static HostTensor Weighted(HostTensor images, int cases)
    {
        var result = First(images, cases);
        var size = result.Values.Length / result.Cases;
        for (var i = 0; i < result.Values.Length; i++)
        {
            var image = i / size;
            result.Values[i] *= (cases - image - 1) / images.Cases + 1;
        }
        return result;
    }

    private static HostTensor Cases(HostTensor from, int cases, Func<int, int> source)
    {
        var size = from.Values.Length / from.Cases;
        var result = new HostTensor(cases, from.Channels, from.Height, from.Width);
        for (var n = 0; n < cases; n++) Array.Copy(from.Values, source(n) * size, result.Values, n * size, size);
        return result;
    }
}
