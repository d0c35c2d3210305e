using AlexNetParallel.Rpc.Http2;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Header compression: the examples of RFC 7541, and blocks that are wrong or too much.</summary>
public sealed class HpackTests
{
    [Theory]
    [InlineData("828684410f7777772e6578616d706c652e636f6d", "828684be58086e6f2d6361636865", "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565")] // C.3: plain strings
    [InlineData("828684418cf1e3c2e5f23a6ba0ab90f4ff", "828684be5886a8eb10649cbf", "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf")] // C.4: Huffman
    public void The_requests_of_the_specification(string first, string second, string third)
    {
        var decoder = new HpackDecoder();
        Assert.Equal([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com")], decoder.Decode(Convert.FromHexString(first)));
        Assert.Equal([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "www.example.com"), ("cache-control", "no-cache")], decoder.Decode(Convert.FromHexString(second)));
        Assert.Equal([(":method", "GET"), (":scheme", "https"), (":path", "/index.html"), (":authority", "www.example.com"), ("custom-key", "custom-value")], decoder.Decode(Convert.FromHexString(third)));
    }

    /// <summary>RFC 7541, C.6: a table of 256 bytes, from which entries fall.</summary>
    [Fact]
    public void Entries_fall_from_the_table()
    {
        var decoder = new HpackDecoder();
        decoder.Decode(Convert.FromHexString("3fe101" + "488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3"));
        Assert.Equal((":status", "307"), decoder.Decode(Convert.FromHexString("4883640effc1c0bf"))[0]);
        var third = decoder.Decode(Convert.FromHexString("88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007"));
        Assert.Equal([":status", "cache-control", "date", "location", "content-encoding", "set-cookie"], third.Select(f => f.Name));
        Assert.Equal("foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1", third["set-cookie"]);
    }

    [Fact]
    public void What_is_written_is_read()
    {
        HeaderList list = [(":path", "/a.B/C"), ("empty", ""), ("long", new string('x', 5000)), ("latin", "\u00e9")];
        Assert.Equal(list, new HpackDecoder().Decode(list.Encode()));
    }

    [Theory]
    [InlineData("80")] // index 0
    [InlineData("be")] // an index behind both tables
    [InlineData("ff")] // a number, cut off
    [InlineData("ffffffffffff7f")] // a number without end
    [InlineData("0005616263")] // a string, cut off
    [InlineData("00036162")]
    [InlineData("3fe23f")] // a table of more than was allowed
    [InlineData("8220")] // the table's size changes behind a field
    [InlineData("008161" + "00")] // Huffman: padding that is not all ones
    [InlineData("0084ffffffff" + "00")] // Huffman: the code that ends the string
    public void Wrong_blocks(string hex) =>
        Assert.Equal(Http2Error.Compression, Assert.Throws<Http2Exception>(() => new HpackDecoder().Decode(Convert.FromHexString(hex))).Error);

    [Fact]
    public void A_block_that_unpacks_to_much_more_than_it_is()
    {
        byte[] entry = [0x40, 1, (byte)'a', 0x7f, .. Number(3000), .. new byte[3000 - 127 + 127].Select(_ => (byte)'x')];
        byte[] bomb = [.. entry, .. Enumerable.Repeat((byte)0xbe, 100)];
        Assert.Equal(Http2Error.EnhanceYourCalm, Assert.Throws<Http2Exception>(() => new HpackDecoder().Decode(bomb)).Error);
    }

    private static byte[] Number(int value) => [(byte)((value - 127) & 0x7f | 0x80), (byte)((value - 127) >> 7)];
}
