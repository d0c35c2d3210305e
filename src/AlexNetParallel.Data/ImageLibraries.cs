using AlexNetParallel.Data.Decoding;

namespace AlexNetParallel.Data;

/// <summary>The system's libraries that decode pictures.</summary>
public static class ImageLibraries
{
    /// <summary>Looks for each library. A problem says what is missing and how to install it; null where the library is there.</summary>
    public static IReadOnlyList<(string Format, string? Problem)> Check() => [("JPEG", Problem(NativeLibraries.TurboJpeg)), ("PNG", Problem(NativeLibraries.Png))];

    private static string? Problem(string library)
    {
        try
        {
            NativeLibraries.Require(library);
            return null;
        }
        catch (DataSetException e)
        {
            return e.Message;
        }
    }
}
