using System.Runtime.InteropServices;

namespace AlexNetParallel.Data.Decoding;

/// <summary>What is used of libpng 1.6's simplified API (png.h, "SIMPLIFIED API").</summary>
internal static unsafe partial class Libpng
{
    /// <summary>PNG_IMAGE_VERSION.</summary>
    public const uint Version = 1;

    /// <summary>PNG_FORMAT_RGB: R, G, B bytes, sRGB.</summary>
    public const uint Rgb = 2;

    /// <summary>PNG_IMAGE_FLAG_16BIT_sRGB: 16-bit samples of a file that does not say so are sRGB, not linear light.</summary>
    public const uint SixteenBitsAreSrgb = 4;

    [LibraryImport(NativeLibraries.Png, EntryPoint = "png_image_begin_read_from_memory")]
    public static partial int BeginRead(Image* image, byte* memory, nuint size);

    [LibraryImport(NativeLibraries.Png, EntryPoint = "png_image_finish_read")]
    public static partial int FinishRead(Image* image, Colour* background, byte* pixels, int rowStride, void* colourMap);

    [LibraryImport(NativeLibraries.Png, EntryPoint = "png_image_write_to_memory")]
    public static partial int Write(Image* image, byte* memory, ref nuint size, int convertTo8Bit, byte* pixels, int rowStride, void* colourMap);

    [LibraryImport(NativeLibraries.Png, EntryPoint = "png_image_free")]
    public static partial void Free(Image* image);

    /// <summary>png_image.</summary>
    public struct Image
    {
        public nint Opaque;
        public uint Version, Width, Height, Format, Flags, ColourMapEntries, WarningOrError;
        private fixed byte message[64];

        /// <summary>The warning or error, empty if there was none.</summary>
        public readonly string Message
        {
            get
            {
                fixed (byte* text = message) return Marshal.PtrToStringUTF8((nint)text)?.Trim() ?? "";
            }
        }
    }

    /// <summary>png_color.</summary>
    public readonly record struct Colour(byte Red, byte Green, byte Blue);
}
