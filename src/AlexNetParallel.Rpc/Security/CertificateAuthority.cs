using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AlexNetParallel.Rpc.Security;

/// <summary>
/// A certificate authority for one cluster. It makes the leaf that each host proves itself with, as a server and as a client. Keys are ECDSA on
/// P-256, signatures with SHA-256; certificates follow RFC 5280.
/// </summary>
public sealed class CertificateAuthority : IDisposable
{
    /// <summary>Names of the files in a folder of certificates: the authority's certificate and its key.</summary>
    public const string CertificateFile = "ca.crt", KeyFile = "ca.key";

    /// <summary>A certificate is valid from a little before it was made, because hosts' clocks differ.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(10);

    private readonly X509Certificate2 _certificate;

    private CertificateAuthority(X509Certificate2 certificate) => _certificate = certificate;

    /// <summary>Makes a new authority.</summary>
    /// <param name="name">What its certificate is called.</param>
    /// <param name="lifetime">How long it is valid; it cannot make leaves that live longer.</param>
    public static CertificateAuthority Create(string name, TimeSpan lifetime)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var now = DateTimeOffset.UtcNow;
        return new CertificateAuthority(request.CreateSelfSigned(now - ClockSkew, now + lifetime));
    }

    /// <summary>Reads an authority that <see cref="Save"/> wrote.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="CryptographicException">A file is damaged, or key and certificate do not belong together.</exception>
    public static CertificateAuthority Load(string folder) =>
        new(X509Certificate2.CreateFromPemFile(Path.Combine(folder, CertificateFile), Path.Combine(folder, KeyFile)));

    /// <summary>Writes certificate and key. The key file can be read by its owner alone: it stays on the machine where certificates are made.</summary>
    public void Save(string folder) => PemFiles.Write(folder, CertificateFile, KeyFile, _certificate);

    /// <summary>Makes the leaf of one host.</summary>
    /// <param name="name">What the leaf is called, as a rule the host's name.</param>
    /// <param name="hosts">Names and IP addresses under which others reach the host; "localhost" and the loopback addresses are added.</param>
    /// <param name="lifetime">How long it is valid; the authority's end cuts it off.</param>
    public RpcIdentity Issue(string name, IEnumerable<string> hosts, TimeSpan lifetime) => Issue(name, hosts, DateTimeOffset.UtcNow - ClockSkew, lifetime + ClockSkew, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);

    internal RpcIdentity Issue(string name, IEnumerable<string> hosts, DateTimeOffset from, TimeSpan lifetime, IReadOnlyList<string> purposes)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(hosts);
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(Name(name), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        if (purposes.Count > 0)
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([.. purposes.Select(purpose => new Oid(purpose))], critical: false));
        request.CertificateExtensions.Add(AlternativeNames(hosts));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(_certificate, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        var to = from + lifetime;
        var end = to < _certificate.NotAfter ? to : new DateTimeOffset(_certificate.NotAfter);
        var start = from < _certificate.NotBefore ? new DateTimeOffset(_certificate.NotBefore) : from;
        using var leaf = request.Create(_certificate, start, end, RandomNumberGenerator.GetBytes(16));
        return new RpcIdentity(leaf.CopyWithPrivateKey(key), X509CertificateLoader.LoadCertificate(_certificate.RawData));
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose() => _certificate.Dispose();

    private static X509Extension AlternativeNames(IEnumerable<string> hosts)
    {
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts.Concat(["localhost", "127.0.0.1", "::1"]).Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(host, out var address)) names.AddIpAddress(address);
            else names.AddDnsName(host);
        }

        return names.Build();
    }

    private static X500DistinguishedName Name(string name)
    {
        var builder = new X500DistinguishedNameBuilder();
        builder.AddCommonName(name);
        return builder.Build();
    }
}
