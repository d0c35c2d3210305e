namespace AlexNetParallel.Training.Inference;

/// <summary>
/// The images nearest to some queries by squared Euclidean distance of a layer's outputs: the paper's figure 4, right (section 6.1). Every image of the set is compared; the 2012
/// program's findsimilar.py took only the nearest of each batch file.
/// </summary>
/// <param name="queries">Features of each query.</param>
/// <param name="count">How many to keep.</param>
public sealed class Neighbours(IReadOnlyList<float[]> queries, int count)
{
    private readonly List<(double Distance, int Image)>[] nearest = [.. queries.Select(_ => new List<(double, int)>())];

    /// <summary>Compares an image with every query.</summary>
    /// <param name="image">Its number.</param>
    /// <param name="features">As many as a query has.</param>
    public void Add(int image, ReadOnlySpan<float> features)
    {
        for (var q = 0; q < queries.Count; q++)
        {
            double distance = 0;
            for (var i = 0; i < features.Length; i++)
            {
                double difference = features[i] - queries[q][i];
                distance += difference * difference;
            }
            var list = nearest[q];
            if (list.Count == count && distance >= list[^1].Distance) continue;
            var place = list.FindIndex(n => n.Distance > distance);
            list.Insert(place < 0 ? list.Count : place, (distance, image));
            if (list.Count > count) list.RemoveAt(count);
        }
    }

    /// <summary>The images nearest to a query, nearest first; of equal distance the one that came first.</summary>
    public IReadOnlyList<(double Distance, int Image)> Of(int query) => nearest[query];
}
