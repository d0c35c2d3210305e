using AlexNetParallel.Training.Inference;

namespace AlexNetParallel.Training.Tests.Inference;

public sealed class CreditTests
{
    // The 2012 program's rule by hand: top-1 credit 1 / (classes equal to the maximum) for a label at the maximum; top-5 credit slots / equal, slots = 5 − classes above.
    [Theory]
    [InlineData(new[] { 0.5f, 0.3f, 0.2f }, 0, 1, 1)]
    [InlineData(new[] { 0.5f, 0.3f, 0.2f }, 1, 1, 0)]
    [InlineData(new[] { 0.4f, 0.4f, 0.2f }, 1, 1, 0.5)]
    [InlineData(new[] { 0.25f, 0.25f, 0.25f, 0.25f }, 2, 1, 0.25)]
    [InlineData(new[] { 0.2f, 0.2f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f, 0.1f }, 7, 5, 0.5)]
    [InlineData(new[] { 0.2f, 0.2f, 0.2f, 0.1f, 0.1f, 0.1f, 0.1f }, 6, 5, 0.5)]
    [InlineData(new[] { 0.2f, 0.2f, 0.2f, 0.2f, 0.2f, 0f, 0f }, 6, 5, 0)]
    [InlineData(new[] { 0.3f, 0.2f, 0.2f, 0.1f, 0.1f, 0.1f, 0f }, 5, 5, 2 / 3.0)]
    [InlineData(new[] { float.NaN, float.NaN, float.NaN }, 0, 1, 0)]
    public void EqualProbabilitiesShareTheirPlaces(float[] probabilities, int label, int places, double expected) =>
        Assert.Equal(expected, Credit.Of(probabilities, label, places), 1e-12);

    [Fact]
    public void EachPlaceIsGivenOnce()
    {
        // Whatever the ties, the credits of all classes add up to the number of places.
        var random = new Random(7);
        for (var trial = 0; trial < 200; trial++)
        {
            var p = Enumerable.Range(0, 12).Select(_ => random.Next(4) / 8f).ToArray();
            foreach (var places in (int[])[1, 5]) Assert.Equal(places, Enumerable.Range(0, p.Length).Sum(label => Credit.Of(p, label, places)), 1e-9);
        }
    }
}
