using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Networks;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Recipes;

/// <summary>Reads and writes the mapping "augmentation" of a recipe.</summary>
internal static class AugmentationText
{
    /// <param name="entry">The mapping, or null for the defaults.</param>
    /// <param name="input">Size of the network's input.</param>
    public static Augmentation Read(Entry? entry, MapSize input)
    {
        var otherwise = new Augmentation();
        if (entry is null) return otherwise;
        var section = entry.AsSection("the augmentation");
        var resize = section.Find("resize");
        var augmentation = new Augmentation
        {
            Resize = (int?)resize?.AsWhole(1, 1 << 14),
            ResizeTo = (int?)section.Find("resize_to")?.AsWhole(1, 1 << 14),
            Shuffle = section.Word("shuffle", otherwise.Shuffle),
            Crop = section.Word("crop", otherwise.Crop),
            Mirror = section.Word("mirror", otherwise.Mirror),
            Mean = section.Word("mean", otherwise.Mean),
            ColourNoise = section.Number("colour_noise", otherwise.ColourNoise, 0, 1e3),
            ColourNoiseScale = section.Word("colour_noise_scale", otherwise.ColourNoiseScale),
            DivideBy = section.Find("divide_by")?.AsPositive() ?? otherwise.DivideBy,
        };
        section.RejectUnknown();
        if (augmentation.ResizeTo is { } largest)
        {
            if (resize is null || augmentation.Resize > largest) throw section.Wrong("resize_to", $"a largest side of {largest} and {(resize is null ? "no 'resize'" : $"a smallest of {augmentation.Resize}")}", "'resize', the smallest side, no larger than 'resize_to'");
            if (augmentation.Mean is not (MeanKind.Channel or MeanKind.None)) throw section.Wrong("mean", "a mean image while the size of the images is drawn", "'channel' or 'none'");
        }
        if (augmentation.Resize < Math.Max(input.Height, input.Width)) throw resize!.Wrong($"at least the network's input, {input.Height}×{input.Width}");
        return augmentation;
    }

    public static YamlMappingNode Write(Augmentation augmentation)
    {
        var root = new YamlMappingNode();
        if (augmentation.Resize is { } side) root.Add("resize", Yaml.Value(side));
        if (augmentation.ResizeTo is { } largest) root.Add("resize_to", Yaml.Value(largest));
        root.Add("shuffle", Words.Of(augmentation.Shuffle));
        root.Add("crop", Words.Of(augmentation.Crop));
        root.Add("mirror", Words.Of(augmentation.Mirror));
        root.Add("mean", Words.Of(augmentation.Mean));
        root.Add("colour_noise", Yaml.Value(augmentation.ColourNoise));
        root.Add("colour_noise_scale", Words.Of(augmentation.ColourNoiseScale));
        root.Add("divide_by", Yaml.Value(augmentation.DivideBy));
        return root;
    }
}
