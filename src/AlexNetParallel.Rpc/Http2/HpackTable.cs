namespace AlexNetParallel.Rpc.Http2;

/// <summary>The tables that header fields are named by: the static one (RFC 7541, appendix A) and behind it the dynamic one (section 2.3.2).</summary>
internal sealed class HpackTable
{
    /// <summary>What RFC 7541 adds to the size of an entry.</summary>
    public const int EntryOverhead = 32;

    /// <summary>Size of the dynamic table before anybody says otherwise; ours is never another.</summary>
    public const int DefaultBytes = 4096;

    private readonly LinkedList<(string Name, string Value)> recent = new();
    private int bytes;
    private int limit = DefaultBytes;

    /// <summary>The entry of an index, from 1.</summary>
    /// <exception cref="Http2Exception">COMPRESSION_ERROR: there is none.</exception>
    public (string Name, string Value) this[int index]
    {
        get
        {
            if (index >= 1 && index <= Static.Length) return Static[index - 1];
            var entry = recent.First;
            for (var i = Static.Length + 1; i < index && entry is not null; i++) entry = entry.Next;
            return index > 0 && entry is not null ? entry.Value : throw new Http2Exception(Http2Error.Compression, $"A header has the index {index}, and the tables hold {Static.Length + recent.Count}.");
        }
    }

    /// <summary>Adds an entry to the dynamic table, and drops the oldest to make room.</summary>
    public void Add(string name, string value)
    {
        bytes += Size(name, value);
        recent.AddFirst((name, value));
        Shrink();
    }

    /// <summary>Changes the size of the dynamic table.</summary>
    /// <exception cref="Http2Exception">COMPRESSION_ERROR: more than was allowed.</exception>
    public void Resize(int to)
    {
        if (to > DefaultBytes) throw new Http2Exception(Http2Error.Compression, $"A table of {to} bytes; allowed are {DefaultBytes}.");
        limit = to;
        Shrink();
    }

    /// <summary>Size of an entry as RFC 7541 counts it.</summary>
    public static int Size(string name, string value) => name.Length + value.Length + EntryOverhead;

    private void Shrink()
    {
        while (bytes > limit)
        {
            var (name, value) = recent.Last!.Value;
            bytes -= Size(name, value);
            recent.RemoveLast();
        }
    }

    private static readonly (string, string)[] Static =
    [
        (":authority", ""), (":method", "GET"), (":method", "POST"), (":path", "/"), (":path", "/index.html"), (":scheme", "http"), (":scheme", "https"), (":status", "200"),
        (":status", "204"), (":status", "206"), (":status", "304"), (":status", "400"), (":status", "404"), (":status", "500"), ("accept-charset", ""),
        ("accept-encoding", "gzip, deflate"), ("accept-language", ""), ("accept-ranges", ""), ("accept", ""), ("access-control-allow-origin", ""), ("age", ""), ("allow", ""),
        ("authorization", ""), ("cache-control", ""), ("content-disposition", ""), ("content-encoding", ""), ("content-language", ""), ("content-length", ""),
        ("content-location", ""), ("content-range", ""), ("content-type", ""), ("cookie", ""), ("date", ""), ("etag", ""), ("expect", ""), ("expires", ""), ("from", ""),
        ("host", ""), ("if-match", ""), ("if-modified-since", ""), ("if-none-match", ""), ("if-range", ""), ("if-unmodified-since", ""), ("last-modified", ""), ("link", ""),
        ("location", ""), ("max-forwards", ""), ("proxy-authenticate", ""), ("proxy-authorization", ""), ("range", ""), ("referer", ""), ("refresh", ""), ("retry-after", ""),
        ("server", ""), ("set-cookie", ""), ("strict-transport-security", ""), ("transfer-encoding", ""), ("user-agent", ""), ("vary", ""), ("via", ""), ("www-authenticate", ""),
    ];
}
