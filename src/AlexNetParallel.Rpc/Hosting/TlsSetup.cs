using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using AlexNetParallel.Rpc.Security;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace AlexNetParallel.Rpc.Hosting;

/// <summary>Mutual TLS, on either side. Only the cluster's own authority counts; what the machine trusts does not.</summary>
internal static partial class TlsSetup
{
    private const SslProtocols Protocols = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>The client's side.</summary>
    public static SslClientAuthenticationOptions ForClient(RpcIdentity identity, RpcAddress address) => new()
    {
        EnabledSslProtocols = Protocols,
        TargetHost = address.Host,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificateContext = SslStreamCertificateContext.Create(identity.Leaf, [identity.Authority], offline: true),
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
        {
            var reason = identity.JudgeServer(certificate as X509Certificate2, address.Host);
            // An exception carries the reason to the caller of the call; "false" would say only that there was one.
            return reason is null ? true : throw new AuthenticationException($"the certificate of {address} ({certificate?.Subject}) is refused: {reason}.");
        },
    };

    /// <summary>The server's side of a tensor stream.</summary>
    public static SslServerAuthenticationOptions ForServer(RpcIdentity identity, ILoggerFactory? logging)
    {
        var log = Log(logging);
        return new SslServerAuthenticationOptions
        {
            EnabledSslProtocols = Protocols,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificateRequired = true,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            ServerCertificateContext = SslStreamCertificateContext.Create(identity.Leaf, [identity.Authority], offline: true),
            RemoteCertificateValidationCallback = (_, certificate, _, _) => Judge(identity, certificate as X509Certificate2, log),
        };
    }

    /// <summary>The server's side.</summary>
    public static void ForServer(HttpsConnectionAdapterOptions https, RpcIdentity identity, ILoggerFactory? logging)
    {
        var log = Log(logging);
        https.SslProtocols = Protocols;
        https.ServerCertificate = identity.Leaf;
        https.CheckCertificateRevocation = false;
        https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
        https.ClientCertificateValidation = (certificate, _, _) => Judge(identity, certificate, log);
    }

    private static ILogger Log(ILoggerFactory? logging) => logging?.CreateLogger("AlexNetParallel.Rpc") ?? NullLogger.Instance;

    private static bool Judge(RpcIdentity identity, X509Certificate2? certificate, ILogger log)
    {
        var reason = certificate is null ? "it gave none" : identity.JudgeClient(certificate);
        if (reason is not null) ClientRefused(log, certificate?.Subject ?? "(none)", reason);
        return reason is null;
    }

    [LoggerMessage(20, LogLevel.Warning, "The certificate {Subject} of a client is refused: {Reason}.")]
    private static partial void ClientRefused(ILogger log, string subject, string reason);
}
