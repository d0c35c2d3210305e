using System.Formats.Tar;
using System.Runtime.Intrinsics;
using System.Text;
using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Preparing;
using AlexNetParallel.Data.Reading;
using AlexNetParallel.Data.Storing;

namespace AlexNetParallel.Data.Prepared;

/// <summary>Makes one shard: each picture decoded, turned, brought to size and written as a JPEG. One thread's; it is used for one shard after another.</summary>
internal sealed unsafe class ShardWriter(int size, int quality) : IDisposable
{
    private const int HeaderBytes = 512, LongestName = 100;

    private readonly ImagePreparer preparer = new(size);
    private readonly ImageRoom room = new();

    /// <summary>Writes the shard aside, its index, and renames it: a shard with its own name is whole.</summary>
    /// <param name="tar">Its path.</param>
    /// <param name="pictures">What goes in.</param>
    /// <param name="classes">Names by label, for the folders in the tar.</param>
    /// <param name="sums">Where pixels are summed; null for a split that is not.</param>
    /// <param name="broken">Told what cannot be used.</param>
    /// <param name="done">Told after each picture.</param>
    /// <param name="cancellation">Ends it early; nothing is left of the shard then.</param>
    public PreparedShard Write(string tar, IReadOnlyList<ImageFile> pictures, IReadOnlyList<string> classes, StatisticsSums? sums, Action<BrokenFile> broken, Action done, CancellationToken cancellation)
    {
        var entries = new List<ShardEntry>();
        var planes = room.Take(3L * size * size);
        var pixels = new uint[size * size];
        var aside = tar + ".partial";
        using (var file = new FileStream(aside, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 20))
        {
            using (var writer = new TarWriter(file, TarEntryFormat.Ustar, leaveOpen: true))
            {
                foreach (var picture in pictures)
                {
                    cancellation.ThrowIfCancellationRequested();
                    try
                    {
                        preparer.Prepare(picture, size, size, planes);
                        sums?.Add(planes);
                        Interleave(planes, pixels);
                        var jpeg = ImageEncoder.Jpeg(pixels, size, quality);
                        var offset = file.Position + HeaderBytes;
                        writer.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, Name(picture, classes, entries.Count)) { DataStream = new MemoryStream(jpeg), ModificationTime = DateTimeOffset.UnixEpoch });
                        entries.Add(new ShardEntry(offset, jpeg.Length, picture.Label));
                    }
                    catch (UndecodableException e)
                    {
                        broken(new BrokenFile(picture.Name, e.Message));
                    }
                    done();
                }
            }
            file.Flush(flushToDisk: true);
        }
        var sha256 = ShardIndex.Write(tar, entries.ToArray());
        File.Move(aside, tar, overwrite: true);
        return new PreparedShard(Path.GetFileName(tar), entries.Count, sha256);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        preparer.Dispose();
        room.Dispose();
    }

    // R, G, B and a byte that means nothing: what libjpeg-turbo takes in whole words.
    private void Interleave(byte* planes, uint[] pixels)
    {
        var count = size * size;
        byte* r = planes, g = planes + count, b = planes + 2 * count;
        var i = 0;
        for (; i + 4 <= count; i += 4) (Four(r + i) | (Four(g + i) << 8) | (Four(b + i) << 16)).CopyTo(pixels, i);
        for (; i < count; i++) pixels[i] = r[i] | (uint)g[i] << 8 | (uint)b[i] << 16;

        static Vector128<uint> Four(byte* bytes) => Vector128.WidenLower(Vector128.WidenLower(Vector128.CreateScalar(*(uint*)bytes).AsByte()));
    }

    // The source's own name where a ustar header can hold it: the offsets in the index reckon with one header an entry.
    private static string Name(ImageFile picture, IReadOnlyList<string> classes, int number)
    {
        var name = $"{classes[picture.Label].Split(' ')[0]}/{Path.GetFileNameWithoutExtension(picture.Name)}.jpg";
        return name.Length <= LongestName && Ascii.IsValid(name) ? name : $"{picture.Label:D5}/{number:D6}.jpg";
    }
}
