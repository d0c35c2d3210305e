using System.Globalization;
using System.Text;

namespace AlexNetParallel.Rpc.Wire;

/// <summary>The grpc-message header: UTF-8, with all but printable ASCII, and the percent sign, as "%XX".</summary>
internal static class PercentEncoding
{
    /// <summary>The text as it goes on the wire.</summary>
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~') && !text.Contains('%')) return text;
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var b in Encoding.UTF8.GetBytes(text))
        {
            if (b is >= (byte)' ' and <= (byte)'~' and not (byte)'%') encoded.Append((char)b);
            else encoded.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        }

        return encoded.ToString();
    }

    /// <summary>The text as it was meant. What is no valid escape is left as it stands: a wrong message must not hide the status.</summary>
    public static string Decode(string wire)
    {
        if (!wire.Contains('%')) return wire;
        var bytes = new List<byte>(wire.Length);
        for (var i = 0; i < wire.Length; i++)
        {
            if (wire[i] == '%' && i + 2 < wire.Length
                && byte.TryParse(wire.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                bytes.Add(b);
                i += 2;
            }
            else
            {
                bytes.Add((byte)wire[i]);
            }
        }

        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
