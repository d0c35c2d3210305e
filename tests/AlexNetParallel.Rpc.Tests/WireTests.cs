using AlexNetParallel.Rpc.Wire;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>The small encodings of the protocol (doc/PROTOCOL-HTTP2.md of grpc/grpc).</summary>
public sealed class WireTests
{
    [Theory]
    [InlineData(0, "0u")]
    [InlineData(1, "1u")] // a tick is a tenth of a microsecond: rounded up, never to nothing
    [InlineData(10, "1u")]
    [InlineData(999_999_990, "99999999u")]
    [InlineData(1_000_000_000, "100000m")]
    [InlineData(1_000_000_000_000, "100000S")]
    [InlineData(long.MaxValue, "99999999H")]
    public void TimeoutsAreWritten(long ticks, string text) => Assert.Equal(text, Timeouts.Format(new TimeSpan(ticks)));

    [Theory]
    [InlineData("1n", 1)]
    [InlineData("100n", 1)]
    [InlineData("5u", 50)]
    [InlineData("5m", 50_000)]
    [InlineData("5S", 50_000_000)]
    [InlineData("5M", 3_000_000_000)]
    [InlineData("5H", 180_000_000_000)]
    [InlineData("99999999H", 3_599_999_964_000_000_000)]
    public void TimeoutsAreRead(string text, long ticks)
    {
        Assert.True(Timeouts.TryParse(text, out var timeout));
        Assert.Equal(ticks, timeout.Ticks);
    }

    [Theory]
    [InlineData("")]
    [InlineData("1")]
    [InlineData("S")]
    [InlineData("+1S")]
    [InlineData("1.5S")]
    [InlineData("123456789S")]
    [InlineData("1s")]
    public void WhatIsNoTimeoutIsNotRead(string text) => Assert.False(Timeouts.TryParse(text, out _));

    [Theory]
    [InlineData("plain text", "plain text")]
    [InlineData("100%", "100%25")]
    [InlineData("✓", "%E2%9C%93")]
    [InlineData("a\nb", "a%0Ab")]
    [InlineData("", "")]
    public void MessagesAreEncodedAndDecoded(string text, string wire)
    {
        Assert.Equal(wire, PercentEncoding.Encode(text));
        Assert.Equal(text, PercentEncoding.Decode(wire));
    }

    [Theory]
    [InlineData("%", "%")]
    [InlineData("%4", "%4")]
    [InlineData("%zz%41", "%zzA")]
    public void WrongEscapesAreLeft(string wire, string text) => Assert.Equal(text, PercentEncoding.Decode(wire));
}
