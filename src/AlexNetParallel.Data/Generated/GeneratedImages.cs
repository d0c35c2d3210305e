using AlexNetParallel.Data.Decoding;
using AlexNetParallel.Data.Storing;
using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Generated;

/// <summary>File format of pictures that are written.</summary>
public enum PictureFormat
{
    /// <summary>PNG: the pixels come back as they were.</summary>
    Png,
    /// <summary>JPEG, quality 95.</summary>
    Jpeg,
}

/// <summary>
/// The built-in data set: ten classes of 32×32 colour images of simple figures and patterns (<see cref="ClassNames"/>), drawn by a program, so that training can be tried without any
/// file. Place, size, turn, both colours, a gradient of light, specks and noise are random; figure and ground may each be the lighter one, so neither a
/// colour nor a mean tells the class, a shape does. A function of the seed, bit for bit, on every machine.
/// </summary>
public static unsafe class GeneratedImages
{
    /// <summary>Pixels of a side.</summary>
    public const int Side = 32;

    /// <summary>Seed of the set that <see cref="Recipe.Generated"/> stands for: the set does not change with the run's seed.</summary>
    public const ulong DefaultSeed = 2012;

    /// <summary>Training images of a class.</summary>
    public const int TrainPerClass = 500;

    /// <summary>Test images of a class.</summary>
    public const int TestPerClass = 100;

    /// <summary>Names of the classes by label, in alphabetical order.</summary>
    public static IReadOnlyList<string> ClassNames { get; } =
        ["checkerboard", "cross", "disc", "dots", "frame", "horizontal-stripes", "ring", "square", "triangle", "vertical-stripes"];

    /// <summary>Writes the set as PNG or JPEG files: folder/train/CLASS/00000.png and folder/test/CLASS/….</summary>
    /// <param name="folder">Made if it is not there.</param>
    /// <param name="format">File format.</param>
    /// <param name="seed">Seed.</param>
    /// <param name="trainPerClass">Training images of a class.</param>
    /// <param name="testPerClass">Test images of a class.</param>
    /// <returns>Files written.</returns>
    /// <exception cref="DataSetException">The format's library is not installed, or the folder holds something already.</exception>
    /// <exception cref="IOException">The folder cannot be written to.</exception>
    public static int Write(string folder, PictureFormat format = PictureFormat.Png, ulong seed = DefaultSeed, int trainPerClass = TrainPerClass, int testPerClass = TestPerClass)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new DataSetException($"{folder} is not empty; give a folder that is, or that does not exist");
        using var store = Render(seed, trainPerClass, testPerClass);
        var pixels = new byte[3 * Side * Side];
        foreach (var split in new[] { Split.Train, Split.Test })
        {
            for (var image = 0; image < store.Count(split); image++)
            {
                var planes = store.Place(split, image);
                for (var i = 0; i < pixels.Length; i++) pixels[i] = planes[i % 3 * Side * Side + i / 3];
                var file = format == PictureFormat.Png ? ImageEncoder.Png(pixels, Side, Side) : ImageEncoder.Jpeg(pixels, Side, Side);
                var classFolder = Path.Combine(folder, split == Split.Train ? "train" : "test", ClassNames[store.Label(split, image)]);
                Directory.CreateDirectory(classFolder);
                var number = image % (split == Split.Train ? trainPerClass : testPerClass);
                File.WriteAllBytes(Path.Combine(classFolder, $"{number:00000}.{(format == PictureFormat.Png ? "png" : "jpg")}"), file);
            }
        }
        return store.Count(Split.Train) + store.Count(Split.Test);
    }

    /// <summary>Draws the set: class after class.</summary>
    internal static ResidentStore Render(ulong seed = DefaultSeed, int trainPerClass = TrainPerClass, int testPerClass = TestPerClass)
    {
        var store = new ResidentStore(Side, Side, Labels(trainPerClass), Labels(testPerClass));
        foreach (var split in new[] { Split.Train, Split.Test })
        {
            Parallel.For(0, store.Count(split), image =>
            {
                var words = new WordStream(seed, split, image);
                Scene.Draw((Shape)store.Label(split, image), ref words).Paint(store.Place(split, image), Side, ref words);
            });
        }
        return store;

        static int[] Labels(int perClass) => [.. Enumerable.Range(0, 10 * perClass).Select(i => i / perClass)];
    }
}
