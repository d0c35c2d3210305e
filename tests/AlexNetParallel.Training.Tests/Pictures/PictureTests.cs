using System.Globalization;
using AlexNetParallel.Model.Networks;
using AlexNetParallel.Model.Recipes;
using AlexNetParallel.Training.Pictures;
using AlexNetParallel.Training.Runs;

namespace AlexNetParallel.Training.Tests.Pictures;

public sealed class PictureTests
{
    [Fact]
    public void ColourSharesAreThoseOfTheirDefinition()
    {
        // (channel, place, kernel): kernel 0 is grey, kernel 1 red against green, kernel 2 pure red (2/3 of its energy is off the mean), kernel 3 nothing.
        float[] weights = [1, 1, 3, 0, 1, -1, 0, 0, 1, 0, 0, 0];
        double[] expected = [0, 1, 2 / 3.0, 0];
        var shares = ColourShare.OfKernels(weights, 4);
        for (var i = 0; i < 4; i++) Assert.Equal(expected[i], shares[i], 1e-12);
    }

    [Fact]
    public void RandomWeightsHaveTwoThirdsOnAverage()
    {
        var layer = (ConvolutionLayer)NetworkFile.Load("alexnet-2012")["conv1"];
        var towers = ColourShare.OfTowers(layer, InitialWeights.Of(layer, 3));
        Assert.Equal(2, towers.Length);
        Assert.All(towers, share => Assert.InRange(share, ColourShare.OfRandomWeights - 0.02, ColourShare.OfRandomWeights + 0.02));
        Assert.InRange(ColourShare.Score(towers), 0, 0.02);
    }

    [Fact]
    public void EachKernelLiesInItsTowersHalf()
    {
        var layer = (ConvolutionLayer)NetworkFile.Load("alexnet-2012")["conv1"];
        var weights = new float[layer.WeightCount];
        // Kernel 48, the second tower's first, is red at its upper left corner; all others are nothing.
        weights[48] = 1;
        var canvas = KernelPicture.Draw(layer, weights);
        Colour At(int x, int y) => new(canvas.Pixels[3 * (y * canvas.Width + x)], canvas.Pixels[3 * (y * canvas.Width + x) + 1], canvas.Pixels[3 * (y * canvas.Width + x) + 2]);
        var red = Enumerable.Range(0, canvas.Width * canvas.Height).Where(i => At(i % canvas.Width, i / canvas.Width) is { Red: 255, Green: 128 }).Select(i => i / canvas.Width).ToList();
        Assert.Equal(9, red.Count);   // a square of three pixels
        Assert.All(red, y => Assert.True(y > canvas.Height / 2));
    }

    [Fact]
    public void AWordIsDrawnAndTheRestStaysWhite()
    {
        var canvas = new Canvas(40, 12);
        Assert.Equal(2 + 3 * 6, canvas.Text("1.5", 2, 2, Colour.Black));
        var dark = canvas.Pixels.ToArray().Count(v => v == 0) / 3;
        Assert.InRange(dark, 15, 45);
        canvas.Fill(-5, -5, 100, 100, Colour.White);   // beyond the edges: no harm
        Assert.DoesNotContain((byte)0, canvas.Pixels.ToArray());
    }

    [Fact]
    public void RunsOfOneRecipeHaveOneColourInTheTrainingErrorPicture()
    {
        var folder = Directory.CreateTempSubdirectory("alexnet-test-");
        try
        {
            var runs = new[] { ("cifar10-figure1", "a", 0.5), ("cifar10-figure1-tanh", "b", 0.8), ("cifar10-figure1", "c", 0.6) }.Select(r =>
            {
                var run = new RunFolder(Path.Combine(folder.FullName, r.Item2));
                run.Begin(RecipeFile.Write(RecipeFile.Load(r.Item1)));
                File.WriteAllLines(run.Metrics, Enumerable.Range(1, 4).Select(step =>
                    string.Create(CultureInfo.InvariantCulture, $$"""{"event":"step","step":{{step}},"epoch":{{(step - 1) / 2}},"top1_error":{{r.Item3 / step}}}""")));
                return run;
            }).ToList();
            var pixels = TrainingErrorPicture.Draw(runs).Pixels.ToArray();
            var colours = Enumerable.Range(0, pixels.Length / 3).Select(i => new Colour(pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2])).ToHashSet();
            Assert.Equal([Colour.Series[1], Colour.Series[2]], Colour.Series.Skip(1).Where(colours.Contains));
            Assert.Throws<FileNotFoundException>(() => TrainingErrorPicture.Draw([new RunFolder(folder.FullName)]));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void ALineOfAChartIsWhereItsNumbersAre()
    {
        var canvas = new Canvas(200, 150);
        new Chart("t", "x", [new ChartLine("", [(0, 0), (10, 10)], 1)]) { Least = 0 }.Draw(canvas, 0, 0, 200, 150);
        var colour = Colour.Series[1];
        var places = Enumerable.Range(0, 200 * 150).Where(i => canvas.Pixels[3 * i] == colour.Red && canvas.Pixels[3 * i + 1] == colour.Green && canvas.Pixels[3 * i + 2] == colour.Blue).ToList();
        // From the lower left of the axes to the upper right, one pixel or so a column.
        Assert.InRange(places.Count, 100, 400);
        Assert.True(places.MinBy(i => i % 200) / 200 > places.MaxBy(i => i % 200 - i / 200.0 / 1000) / 200);
    }
}
