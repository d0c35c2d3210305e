using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace AlexNetParallel.Rpc;

/// <summary>
/// Where a server listens: "host:port", "[ipv6]:port" or "unix:path". Port 0 lets the system choose; "*" as host means all interfaces (only to
/// listen on).
/// </summary>
public sealed record RpcAddress
{
    /// <summary>Longest path of a Unix socket in bytes: 108 in sockaddr_un, less the closing zero.</summary>
    private const int LongestUnixPath = 107;

    private RpcAddress(string host, int port, string? unixPath) => (Host, Port, UnixPath) = (host, port, unixPath);

    /// <summary>Host name or IP address, without brackets; "localhost" for a Unix socket.</summary>
    public string Host { get; }

    /// <summary>TCP port, 0 to 65535; 0 for a Unix socket.</summary>
    public int Port { get; }

    /// <summary>Absolute path of the Unix socket; null for TCP.</summary>
    public string? UnixPath { get; }

    /// <summary>True when only this machine can reach it: a Unix socket or a loopback address.</summary>
    public bool IsLocal => UnixPath is not null
        || Host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>True for what only a server can use: all interfaces, or a port that the system is to choose.</summary>
    internal bool IsListenOnly => UnixPath is null && (Port == 0 || Host == "*" || (IPAddress.TryParse(Host, out var address) && (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))));

    /// <summary>A TCP address.</summary>
    /// <exception cref="FormatException">The host is empty or the port is out of range.</exception>
    public static RpcAddress Tcp(string host, int port)
    {
        ArgumentNullException.ThrowIfNull(host);
        var text = $"{host}:{port}";
        if (port is < 0 or > 65535) throw Wrong(text, $"port {port} is not in 0..65535");
        if (host != "*" && Uri.CheckHostName(host) is UriHostNameType.Unknown or UriHostNameType.Basic) throw Wrong(text, $"'{host}' is not a host name or IP address");
        return new RpcAddress(host, port, null);
    }

    /// <summary>A Unix socket.</summary>
    /// <exception cref="FormatException">The path is empty or too long for a socket.</exception>
    public static RpcAddress Unix(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.Length == 0) throw Wrong("unix:", "the path is missing");
        var full = Path.GetFullPath(path);
        var bytes = System.Text.Encoding.UTF8.GetByteCount(full);
        if (bytes > LongestUnixPath) throw Wrong($"unix:{path}", $"the path has {bytes} bytes, and a Unix socket's may have {LongestUnixPath}: choose a shorter folder");
        return new RpcAddress("localhost", 0, full);
    }

    /// <summary>Reads an address.</summary>
    /// <exception cref="FormatException">The text is none; the message says what is wrong.</exception>
    public static RpcAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.StartsWith("unix:", StringComparison.Ordinal)) return Unix(text["unix:".Length..]);
        var colon = text.LastIndexOf(':');
        if (colon < 0) throw Wrong(text, "the port is missing");
        var host = text[..colon];
        if (host is ['[', .. var inner, ']']) host = inner;
        else if (host.Contains(':')) throw Wrong(text, "an IPv6 address must stand in brackets");
        if (!int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) throw Wrong(text, $"'{text[(colon + 1)..]}' is not a port");
        return Tcp(host, port);
    }

    /// <summary>The text that <see cref="Parse"/> reads.</summary>
    public override string ToString() => UnixPath is not null ? $"unix:{UnixPath}" : $"{BracketedHost}:{Port}";

    internal string BracketedHost => Host.Contains(':') ? $"[{Host}]" : Host;

    /// <summary>The IP address to listen on.</summary>
    internal async Task<IPAddress> ResolveAsync(CancellationToken cancellation)
    {
        if (Host == "*") return Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        if (IPAddress.TryParse(Host, out var address)) return address;
        if (IsLocal) return IPAddress.Loopback;
        var found = await Dns.GetHostAddressesAsync(Host, cancellation).ConfigureAwait(false);
        return found.Length > 0 ? found[0] : throw new SocketException((int)SocketError.HostNotFound);
    }

    private static FormatException Wrong(string text, string what) =>
        new($"'{text}' is not an address: {what}. Expected host:port, [ipv6]:port or unix:path.");
}
