namespace AlexNetParallel.Model.Recipes;

/// <summary>For how many images one random draw holds.</summary>
public enum DrawFor
{
    /// <summary>Never drawn: centre crop, no mirror.</summary>
    Nothing,
    /// <summary>One draw for each image (the paper).</summary>
    Image,
    /// <summary>One draw for 32 consecutive images (the 2012 program, crop_chunk=32).</summary>
    Chunk,
    /// <summary>One draw for the whole batch.</summary>
    Batch,
}

/// <summary>What is subtracted from the pixels.</summary>
public enum MeanKind
{
    /// <summary>Nothing.</summary>
    None,
    /// <summary>The central part of the mean training image, wherever the crop lies and not mirrored (the 2012 program).</summary>
    ImageCentre,
    /// <summary>The part of the mean training image that lies under the crop (the paper's words).</summary>
    ImageAtCrop,
    /// <summary>One number for each channel.</summary>
    Channel,
}

/// <summary>How the strength of colour noise is scaled.</summary>
public enum ColourNoiseScale
{
    /// <summary>The 2012 program: x ← (x − mean + c·E(σ⊙z)) / (1 + c), σ the standard deviations (√eigenvalues), z ~ N(0, I) for each image. Not at test.</summary>
    Source,
    /// <summary>The paper's formula on pixels in [0, 1] as it is commonly read: x ← x − mean + 255·E(λ⊙α), α ~ N(0, c²), λ the eigenvalues of the covariance of pixels in [0, 1].</summary>
    Paper,
}

/// <summary>When the training images are put into a new order.</summary>
public enum Shuffle
{
    /// <summary>Before each epoch.</summary>
    EveryEpoch,
    /// <summary>Once; every epoch then has the same batches (the 2012 program: the list was shuffled when the batch files were written).</summary>
    Once,
}

/// <summary>
/// How a decoded image becomes the network's input. In order: resize, crop, mirror, subtract the mean, add colour noise, divide.
/// Every draw is keyed by (seed, step, image position in the batch).
/// </summary>
public sealed record Augmentation
{
    /// <summary>Shorter side after resizing (bilinear with antialiasing), then the central square of that side is kept; null leaves images as they are, which must then be of one size.</summary>
    public int? Resize { get; init; }

    /// <summary>
    /// Scale jittering (Simonyan and Zisserman, ICLR 2015, section 3.1): the shorter side of a training image is drawn from <see cref="Resize"/> to this, both included, for what
    /// <see cref="Crop"/> is drawn for; test images get the middle. Null for one size.
    /// </summary>
    public int? ResizeTo { get; init; }

    /// <summary>Shorter side of the images as they are kept before a training image's own size is drawn: the largest of all.</summary>
    public int? KeptSide => ResizeTo ?? Resize;

    /// <summary>Shorter side of test images.</summary>
    public int? TestSide => ResizeTo is { } largest ? (Resize!.Value + largest) / 2 : Resize;

    /// <summary>When the training images are put into a new order.</summary>
    public Shuffle Shuffle { get; init; }

    /// <summary>What a crop's position is drawn for; offsets are uniform over all positions, both ends included. Crop size = the network's input size.</summary>
    public DrawFor Crop { get; init; } = DrawFor.Image;

    /// <summary>What a mirror (probability 0.5) is drawn for.</summary>
    public DrawFor Mirror { get; init; } = DrawFor.Image;

    /// <summary>What is subtracted.</summary>
    public MeanKind Mean { get; init; } = MeanKind.ImageCentre;

    /// <summary>Strength c of colour noise; 0 for none. The schedule may set it to 0 later.</summary>
    public double ColourNoise { get; init; }

    /// <summary>How <see cref="ColourNoise"/> is scaled.</summary>
    public ColourNoiseScale ColourNoiseScale { get; init; }

    /// <summary>Pixels (0..255, mean subtracted) are divided by this at last, in training and test.</summary>
    public double DivideBy { get; init; } = 1;
}
