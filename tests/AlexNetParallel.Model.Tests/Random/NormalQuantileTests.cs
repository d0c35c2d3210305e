using AlexNetParallel.Model.Random;

namespace AlexNetParallel.Model.Tests.Random;

public sealed class NormalQuantileTests
{
    /// <summary>Against another program of the same algorithm: NormalDist().inv_cdf of Python 3.11's statistics module, which takes its logarithm from the C library.</summary>
    [Theory]
    [InlineData(0x00000000u, -6.337957754553789)]
    [InlineData(0x00000001u, -6.166429517819749)]
    [InlineData(0x00000002u, -6.0851045457830315)]
    [InlineData(0x000003E8u, -5.039851125968711)]
    [InlineData(0x12345678u, -1.4675657314922321)]
    [InlineData(0x13333333u, -1.4395314704450153)]
    [InlineData(0x13333334u, -1.4395314688002132)]
    [InlineData(0x40000000u, -0.6744897498297384)]
    [InlineData(0x7FFFFFFFu, -2.9180993729166234e-10)]
    [InlineData(0x80000000u, 2.9180993729166234e-10)]
    [InlineData(0xC0000000u, 0.6744897505624251)]
    [InlineData(0xCCCCCCCCu, 0.8416212333234189)]
    [InlineData(0xDEADBEEFu, 1.1256287403742193)]
    [InlineData(0xFFFFFFFFu, 6.337957754553789)]
    public void GivesTheKnownQuantiles(uint word, double expected) => Assert.Equal(expected, NormalQuantile.Of(word), Math.Abs(expected) * 1e-14);

    [Fact]
    public void IsOddAndRising()
    {
        var before = double.NegativeInfinity;
        for (var step = 0u; step < 4096; step++)
        {
            var word = step << 20 | 0x5A5A5;
            var value = NormalQuantile.Of(word);
            Assert.True(value > before);
            Assert.Equal(-value, NormalQuantile.Of(~word), 1e-13);
            before = value;
        }
    }

    [Fact]
    public void ItsLogarithmIsTheLibrarysToAFewUnitsInTheLastPlace()
    {
        for (var x = 1e-10; x < 1; x *= 1.0137) Assert.Equal(Math.Log(x), NormalQuantile.Log(x), Math.Abs(Math.Log(x)) * 1e-15 + 1e-17);
    }
}
