using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace AlexNetParallel.Rpc.Security;

/// <summary>What a process proves itself with, and by what it judges others: its leaf with the key, and the authority's certificate.</summary>
public sealed class RpcIdentity : IDisposable
{
    private const string ServerPurpose = "1.3.6.1.5.5.7.3.1";
    private const string ClientPurpose = "1.3.6.1.5.5.7.3.2";

    internal RpcIdentity(X509Certificate2 leaf, X509Certificate2 authority) => (Leaf, Authority) = (leaf, authority);

    /// <summary>The certificate of this process, with its key.</summary>
    public X509Certificate2 Leaf { get; }

    /// <summary>The certificate of the authority, without a key.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>Reads <c>NAME.crt</c>, <c>NAME.key</c> and <c>ca.crt</c> from a folder.</summary>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    /// <exception cref="CryptographicException">A file is damaged, or key and certificate do not belong together.</exception>
    public static RpcIdentity Load(string folder, string name)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        return new RpcIdentity(
            X509Certificate2.CreateFromPemFile(Path.Combine(folder, $"{name}.crt"), Path.Combine(folder, $"{name}.key")),
            X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, CertificateAuthority.CertificateFile)));
    }

    /// <summary>Writes these files.</summary>
    public void Save(string folder, string name)
    {
        PemFiles.Write(folder, $"{name}.crt", $"{name}.key", Leaf);
        File.WriteAllText(Path.Combine(folder, CertificateAuthority.CertificateFile), Authority.ExportCertificatePem() + "\n");
    }

    /// <summary>Forgets the key.</summary>
    public void Dispose()
    {
        Leaf.Dispose();
        Authority.Dispose();
    }

    /// <summary>Judges a client's certificate.</summary>
    /// <returns>Why it is refused; null when it is good.</returns>
    internal string? JudgeClient(X509Certificate2? certificate) => Judge(certificate, ClientPurpose, "client authentication");

    /// <summary>Judges a server's certificate.</summary>
    /// <param name="certificate">The certificate.</param>
    /// <param name="host">The name or IP address that was called.</param>
    /// <returns>Why it is refused; null when it is good.</returns>
    internal string? JudgeServer(X509Certificate2? certificate, string host)
    {
        var reason = Judge(certificate, ServerPurpose, "server authentication");
        if (reason is not null || certificate!.MatchesHostname(host, allowWildcards: false, allowCommonName: false)) return reason;
        return $"it was not made for '{host}': make the host's certificate with every name and address that others call it by";
    }

    private string? Judge(X509Certificate2? certificate, string purpose, string purposeName)
    {
        if (certificate is null) return "there is none";
        var now = DateTime.Now;
        if (now > certificate.NotAfter) return $"it expired on {certificate.NotAfter.ToUniversalTime():u}";
        if (now < certificate.NotBefore) return $"it is not valid before {certificate.NotBefore.ToUniversalTime():u}";

        // A certificate without the extension would pass for any purpose; the leaves of our authorities all have it.
        var usages = certificate.Extensions.OfType<X509EnhancedKeyUsageExtension>().SelectMany(extension => extension.EnhancedKeyUsages.Cast<Oid>());
        if (!usages.Any(usage => usage.Value == purpose)) return $"its extended key usage does not hold {purposeName}";

        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.Add(Authority);
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(purpose));
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        if (chain.Build(certificate)) return null;
        var problems = string.Join("; ", chain.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct());
        return $"it was not made by our authority '{Authority.GetNameInfo(X509NameType.SimpleName, false)}' ({problems})";
    }
}
