using AlexNetParallel.Data.Decoding;

namespace AlexNetParallel.Data.Tests.Support;

/// <summary>Skips tests where a decoder is not installed.</summary>
internal static class RequireLibraries
{
    public static void TurboJpeg() => Require(NativeLibraries.TurboJpeg);

    public static void Png() => Require(NativeLibraries.Png);

    private static void Require(string name)
    {
        try
        {
            NativeLibraries.Require(name);
        }
        catch (DataSetException e)
        {
            Skip.If(true, e.Message);
        }
    }
}
