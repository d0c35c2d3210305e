using System.Globalization;
using Xunit.Sdk;

namespace AlexNetParallel.Testing;

/// <summary>Comparisons of arrays that say which element is worst, and by how much.</summary>
public static class Closeness
{
    /// <summary>
    /// |got − expected| ≤ tolerance · largest |expected|, for each element. Comparing with each element's own size would be wrong: sums cancel.
    /// </summary>
    /// <param name="expected">What should be.</param>
    /// <param name="got">What is.</param>
    /// <param name="tolerance">Part of the largest magnitude.</param>
    /// <param name="what">Name for the message.</param>
    /// <param name="scale">In place of the largest |expected|.</param>
    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> got, double tolerance, string what, double? scale = null)
    {
        if (expected.Length != got.Length) throw new XunitException($"{what}: {got.Length} elements, expected {expected.Length}");
        var largest = scale ?? 0;
        if (scale is null)
            foreach (var value in expected) largest = Math.Max(largest, Math.Abs(value));
        var worst = -1;
        var worstError = -1.0;
        for (var i = 0; i < expected.Length; i++)
        {
            var error = Math.Abs(got[i] - expected[i]);
            if (double.IsNaN(error)) error = double.IsNaN(got[i]) && double.IsNaN(expected[i]) ? 0 : double.PositiveInfinity;
            if (error > worstError) (worst, worstError) = (i, error);
        }
        if (worst >= 0 && worstError > tolerance * largest)
        {
            throw new XunitException(string.Create(CultureInfo.InvariantCulture,
                $"{what}: element {worst} of {expected.Length} is {got[worst]:R}, expected {expected[worst]:R}: off by {worstError:E2}, allowed {tolerance:E1} of {largest:G4} = {tolerance * largest:E2}"));
        }
    }

    /// <summary>The largest |got − expected| as a part of the largest |expected|: what a tolerance is held against.</summary>
    public static double Error(ReadOnlySpan<double> expected, ReadOnlySpan<double> got)
    {
        var (largest, worst) = (0.0, 0.0);
        for (var i = 0; i < expected.Length; i++) (largest, worst) = (Math.Max(largest, Math.Abs(expected[i])), Math.Max(worst, Math.Abs(got[i] - expected[i])));
        return worst == 0 ? 0 : worst / largest;
    }

    /// <summary>As <see cref="Close(ReadOnlySpan{double}, ReadOnlySpan{double}, double, string, double?)"/>, for tensors; the message gives the element's case, channel, row and pixel.</summary>
    public static void Close(HostTensor expected, HostTensor got, double tolerance, string what, double? scale = null)
    {
        SameSize(expected, got, what);
        try
        {
            Close(expected.Values, got.Values, tolerance, what, scale);
        }
        catch (XunitException error)
        {
            throw new XunitException($"{error.Message}; shape [{expected.Cases}, {expected.Channels}, {expected.Height}, {expected.Width}]");
        }
    }

    /// <summary>As above, for arrays of floats.</summary>
    public static void Close(ReadOnlySpan<float> expected, ReadOnlySpan<float> got, double tolerance, string what, double? scale = null) =>
        Close(Doubles(expected), Doubles(got), tolerance, what, scale);

    /// <summary>The same bits, for each element; −0 is not 0.</summary>
    public static void Same(ReadOnlySpan<float> expected, ReadOnlySpan<float> got, string what)
    {
        if (expected.Length != got.Length) throw new XunitException($"{what}: {got.Length} elements, expected {expected.Length}");
        for (var i = 0; i < expected.Length; i++)
        {
            if (BitConverter.SingleToInt32Bits(expected[i]) == BitConverter.SingleToInt32Bits(got[i])) continue;
            throw new XunitException(string.Create(CultureInfo.InvariantCulture,
                $"{what}: element {i} of {expected.Length} is {got[i]:R}, expected the same bits as {expected[i]:R}"));
        }
    }

    private static void SameSize(HostTensor expected, HostTensor got, string what)
    {
        if ((expected.Cases, expected.Channels, expected.Height, expected.Width) != (got.Cases, got.Channels, got.Height, got.Width))
            throw new XunitException($"{what}: shape [{got.Cases}, {got.Channels}, {got.Height}, {got.Width}], expected [{expected.Cases}, {expected.Channels}, {expected.Height}, {expected.Width}]");
    }

    private static double[] Doubles(ReadOnlySpan<float> values)
    {
        var result = new double[values.Length];
        for (var i = 0; i < values.Length; i++) result[i] = values[i];
        return result;
    }
}
