using AlexNetParallel.Training.Inference;

namespace AlexNetParallel.Training.Tests.Inference;

public sealed class NeighboursTests
{
    [Fact]
    public void TheNearestAreThoseOfASort()
    {
        var random = new Random(3);
        float[] Vector() => [.. Enumerable.Range(0, 5).Select(_ => (float)random.Next(4))];
        var queries = Enumerable.Range(0, 4).Select(_ => Vector()).ToList();
        var images = Enumerable.Range(0, 200).Select(_ => Vector()).ToList();
        var neighbours = new Neighbours(queries, 9);
        for (var i = 0; i < images.Count; i++) neighbours.Add(i, images[i]);
        for (var q = 0; q < queries.Count; q++)
        {
            var expected = images.Select((v, i) => (Distance: v.Zip(queries[q], (a, b) => (double)(a - b) * (a - b)).Sum(), i)).OrderBy(n => n.Distance).ThenBy(n => n.i).Take(9);
            Assert.Equal(expected, neighbours.Of(q));
        }
    }
}
