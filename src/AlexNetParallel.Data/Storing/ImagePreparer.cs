using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;

namespace AlexNetParallel.Data.Storing;

/// <summary>
/// From a file to planes of the stored size: read, decode, turn, resize, cut. With a resize the pictures are taken for photographs, and their EXIF orientation is applied; without one they are
/// taken as they are stored, and must all have one size. Not thread-safe: one for each thread.
/// </summary>
internal sealed unsafe class ImagePreparer(int? resize) : IDisposable
{
    private readonly ImageDecoder decoder = new();
    private readonly Resizer resizer = new();
    private byte[] buffer = [];

    /// <summary>What the decoder complained about in the last picture, though it could be decoded; null if nothing.</summary>
    public string? Warning => decoder.Warning;

    /// <summary>Size of the decoded picture.</summary>
    /// <exception cref="UndecodableException">The file cannot be decoded, or not be read.</exception>
    public (int Height, int Width) Measure(ImageFile file)
    {
        var picture = Decode(file);
        return (picture.Height, picture.Width);
    }

    /// <summary>Writes the image's planes.</summary>
    /// <exception cref="UndecodableException">The file cannot be decoded, or not be read.</exception>
    /// <exception cref="DataSetException">It has another size, and nothing was said about resizing.</exception>
    public void Prepare(ImageFile file, int height, int width, byte* planes)
    {
        var picture = Decode(file);
        if (resize is { } side)
        {
            resizer.CentralSquare(picture, decoder.FullWidth, decoder.FullHeight, decoder.Reduction, side, planes);
            return;
        }
        if (picture.Height != height || picture.Width != width)
            throw new DataSetException($"{file.Name} has {picture.Width}×{picture.Height} pixels, other images {width}×{height}: images of different sizes need 'resize' in the recipe");
        Resizer.Separate(picture, planes);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        decoder.Dispose();
        resizer.Dispose();
    }

    private Picture Decode(ImageFile file)
    {
        ReadOnlySpan<byte> bytes;
        try
        {
            bytes = file.Bytes.Read(ref buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UndecodableException($"cannot be read: {e.Message}");
        }
        return decoder.Decode(bytes, new DecodeOptions(ApplyOrientation: resize is not null, ShorterSide: resize ?? 0));
    }
}
