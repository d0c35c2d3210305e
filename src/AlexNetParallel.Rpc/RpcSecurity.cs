using System.Security.Cryptography;
using System.Text;
using AlexNetParallel.Rpc.Security;

namespace AlexNetParallel.Rpc;

/// <summary>
/// How the two ends of a connection know each other. Without a word, only addresses of this machine are served and called
/// (<see cref="LocalOnly"/>). Any other address needs mutual TLS, or, inside a trusted network and only if asked for by name, a token.
/// </summary>
public sealed class RpcSecurity
{
    private const int ShortestToken = 16;

    private RpcSecurity()
    {
    }

    /// <summary>No proof, and therefore only Unix sockets and loopback addresses. A Unix socket can be opened by its owner alone.</summary>
    public static RpcSecurity LocalOnly { get; } = new();

    /// <summary>
    /// TLS in which both sides prove themselves with a certificate of one authority. Expired, foreign and missing certificates are refused, and those
    /// whose extended key usage does not hold what they are used for.
    /// </summary>
    public static RpcSecurity MutualTls(RpcIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return new RpcSecurity { Identity = identity };
    }

    /// <summary>
    /// A secret that every call carries, over a connection that is not encrypted: whoever can listen on the network can read the secret and the data.
    /// </summary>
    /// <param name="token">At least 16 printable ASCII characters.</param>
    /// <exception cref="ArgumentException">The token is too short or holds other characters.</exception>
    public static RpcSecurity TrustedNetwork(string token)
    {
        ArgumentNullException.ThrowIfNull(token);
        if (token.Length < ShortestToken || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
            throw new ArgumentException($"A token needs at least {ShortestToken} printable ASCII characters without spaces; this one has {token.Length} characters.", nameof(token));
        return new RpcSecurity { Token = token };
    }

    /// <summary>The certificates; null where none are used.</summary>
    internal RpcIdentity? Identity { get; private init; }

    /// <summary>The token; null where none is used.</summary>
    internal string? Token { get; private init; }

    /// <summary>Throws where this security does not suffice for the address.</summary>
    /// <exception cref="InvalidOperationException">The address can be reached from other machines and nothing protects it.</exception>
    internal void Allow(RpcAddress address, string doing)
    {
        if (address.IsLocal || Identity is not null || Token is not null) return;
        throw new InvalidOperationException(
            $"Refusing to {doing} {address} without protection: it is not an address of this machine alone. "
            + "Use a loopback address or a Unix socket, give certificates for mutual TLS, or, in a network that you trust, a token.");
    }

    /// <summary>True when the authorization header carries the token. Takes the same time whatever the header holds.</summary>
    internal bool Accepts(string authorization)
    {
        if (Token is null) return true;
        var given = SHA256.HashData(Encoding.UTF8.GetBytes(authorization));
        var expected = SHA256.HashData(Encoding.UTF8.GetBytes(Authorization));
        return CryptographicOperations.FixedTimeEquals(given, expected);
    }

    /// <summary>The header that a client sends.</summary>
    internal string Authorization => $"Bearer {Token}";
}
