using AlexNetParallel.Training.Checkpoints;

namespace AlexNetParallel.Training.Inference;

/// <summary>What a network thinks of each image of a split, with the right answers; can be saved, and averaged with those of other networks.</summary>
/// <param name="Classes">Number of classes.</param>
/// <param name="Labels">The right class of each image.</param>
/// <param name="Values">(image, class).</param>
public sealed record ProbabilityTable(int Classes, int[] Labels, float[] Values)
{
    /// <summary>Number of images.</summary>
    public int Images => Labels.Length;

    /// <summary>Probabilities of an image.</summary>
    public ReadOnlySpan<float> Of(int image) => Values.AsSpan(image * Classes, Classes);

    /// <summary>Mean −log p(label), nats, and the errors, parts of the images.</summary>
    public (double Loss, double Top1Error, double Top5Error) Measure()
    {
        double loss = 0, top1 = 0, top5 = 0;
        for (var i = 0; i < Images; i++)
        {
            loss -= Math.Log(Of(i)[Labels[i]]);
            top1 += 1 - Credit.Of(Of(i), Labels[i], 1);
            top5 += 1 - Credit.Of(Of(i), Labels[i], 5);
        }
        return (loss / Images, top1 / Images, top5 / Images);
    }

    /// <summary>How often each class was taken for each: [label, first guess]; of equal guesses the lowest.</summary>
    public int[,] Confusion()
    {
        var counts = new int[Classes, Classes];
        for (var i = 0; i < Images; i++) counts[Labels[i], Best(i, 1)[0].Class]++;
        return counts;
    }

    /// <summary>The most probable classes of an image, most probable first.</summary>
    public IReadOnlyList<(int Class, float Probability)> Best(int image, int count)
    {
        var all = Of(image).ToArray();
        return [.. Enumerable.Range(0, Classes).OrderByDescending(c => all[c]).ThenBy(c => c).Take(count).Select(c => (c, all[c]))];
    }

    /// <summary>The mean of several networks' probabilities for the same images: the paper's ensembles (section 6).</summary>
    /// <exception cref="CheckpointException">They are not of the same images.</exception>
    public static ProbabilityTable Average(IReadOnlyList<(string Name, ProbabilityTable Table)> tables)
    {
        var first = tables[0].Table;
        var sums = new double[first.Values.Length];
        foreach (var (name, table) in tables)
        {
            if (table.Classes != first.Classes || !table.Labels.AsSpan().SequenceEqual(first.Labels))
                throw new CheckpointException(name, $"holds {table.Images} images of {table.Classes} classes with other labels than {tables[0].Name} ({first.Images} of {first.Classes}); expected the same images in the same order");
            for (var i = 0; i < sums.Length; i++) sums[i] += table.Values[i];
        }
        return first with { Values = Array.ConvertAll(sums, s => (float)(s / tables.Count)) };
    }

    /// <summary>Writes a safetensors file: "probabilities" (images, classes) and "labels" (images).</summary>
    public void Save(string path, IReadOnlyDictionary<string, string> metadata) => Safetensors.Write(path,
    [
        new SafetensorsItem("probabilities", [Images, Classes], memory => Values.CopyTo(memory)),
        new SafetensorsItem("labels", [Images], memory => Array.ConvertAll(Labels, l => (float)l).CopyTo(memory)),
    ], metadata);

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="CheckpointException">It is no such file.</exception>
    public static ProbabilityTable Load(string path)
    {
        if (!File.Exists(path)) throw new CheckpointException(path, "not found; expected a file that 'alexnet eval --save' wrote");
        using var file = Safetensors.Open(path);
        if (!file.Names.Contains("probabilities") || !file.Names.Contains("labels") || file.Shape("probabilities") is not [var images, var classes] || file.Shape("labels") is not [var labels] || labels != images)
            throw new CheckpointException(path, "holds no probabilities with labels; expected a file that 'alexnet eval --save' wrote");
        var values = Array.ConvertAll(file.Read("labels"), v => (int)v);
        if (values.Any(v => v < 0 || v >= classes)) throw new CheckpointException(path, $"has a label outside its {classes} classes; the file is damaged");
        return new ProbabilityTable((int)classes, values, file.Read("probabilities"));
    }
}
