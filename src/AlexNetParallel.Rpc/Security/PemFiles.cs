using System.Security.Cryptography.X509Certificates;

namespace AlexNetParallel.Rpc.Security;

/// <summary>Certificates and keys as PEM files.</summary>
internal static class PemFiles
{
    /// <summary>Writes a certificate and its key; the key's file is the owner's alone from its first byte on.</summary>
    public static void Write(string folder, string certificateFile, string keyFile, X509Certificate2 certificate)
    {
        Directory.CreateDirectory(folder);
        using var key = certificate.GetECDsaPrivateKey() ?? throw new InvalidOperationException($"The certificate {certificate.Subject} has no key.");
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        var path = Path.Combine(folder, keyFile);
        File.Delete(path); // an older file would keep its own mode
        using (var writer = new StreamWriter(path, options)) writer.WriteLine(key.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(folder, certificateFile), certificate.ExportCertificatePem() + "\n");
    }
}
