using Grpc.Core;

namespace AlexNetParallel.Rpc.Wire;

/// <summary>Metadata as HTTP/2 headers: text as it is, bytes in base64; the protocol's own headers are not metadata.</summary>
internal static class MetadataHeaders
{
    private static readonly HashSet<string> OfProtocol = new(StringComparer.OrdinalIgnoreCase)
    {
        "content-type", "content-length", "te", "host", "connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "user-agent", "date",
        "grpc-encoding", "grpc-accept-encoding", "grpc-timeout", "grpc-status", "grpc-message", "grpc-message-type",
    };

    /// <summary>True for a header that belongs to the user and not to the protocol.</summary>
    public static bool IsMetadata(string name) => name.Length > 0 && name[0] != ':' && !OfProtocol.Contains(name);

    /// <summary>The header's value. Padding is left out, as the specification asks.</summary>
    public static string Value(Metadata.Entry entry) => entry.IsBinary ? Convert.ToBase64String(entry.ValueBytes).TrimEnd('=') : entry.Value;

    /// <summary>Adds a header that came in to the metadata, unless it is the protocol's.</summary>
    /// <exception cref="RpcException">INTERNAL: a "-bin" header is not base64.</exception>
    public static void Add(Metadata metadata, string name, string value)
    {
        if (!IsMetadata(name)) return;
        if (!name.EndsWith(Metadata.BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase))
        {
            if (!value.AsSpan().ContainsAnyExceptInRange(' ', '~') && IsName(name)) metadata.Add(name, value);
            return;
        }

        // Several values may have been joined with commas on the way, and base64 has none.
        foreach (var part in value.Split(',', StringSplitOptions.TrimEntries))
        {
            try
            {
                metadata.Add(name, Convert.FromBase64String(part.TrimEnd('=').PadRight((part.TrimEnd('=').Length + 3) / 4 * 4, '=')));
            }
            catch (FormatException)
            {
                throw new RpcException(new Status(StatusCode.Internal, $"The header '{name}' is not base64."));
            }
        }
    }

    private static bool IsName(string name) => name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.');
}
