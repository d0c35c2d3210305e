using System.Text;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>Header fields in their order, and how they are written: as literals that are in no table (RFC 7541, section 6.2.2), which every decoder reads. There are few of them, once for each stream.</summary>
internal sealed class HeaderList : List<(string Name, string Value)>
{
    /// <summary>The values of a name, joined as HTTP allows; null if there are none.</summary>
    public string? this[string name] => this.Any(f => f.Name == name) ? string.Join(", ", this.Where(f => f.Name == name).Select(f => f.Value)) : null;

    /// <summary>Adds a field; for collection initializers.</summary>
    public void Add(string name, string value) => Add((name, value));

    /// <summary>The block of header fields as it goes on the wire.</summary>
    public byte[] Encode()
    {
        var block = new List<byte>();
        foreach (var (name, value) in this)
        {
            block.Add(0);
            Put(block, name);
            Put(block, value);
        }

        return [.. block];
    }

    private static void Put(List<byte> block, string text)
    {
        const int Prefix = 0x7f;
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < Prefix)
        {
            block.Add((byte)bytes.Length);
        }
        else
        {
            block.Add(Prefix);
            var rest = bytes.Length - Prefix;
            for (; rest >= 0x80; rest >>= 7) block.Add((byte)(rest | 0x80));
            block.Add((byte)rest);
        }

        block.AddRange(bytes);
    }
}
