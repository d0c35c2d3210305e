using System.CommandLine;
using System.Security.Cryptography;
using AlexNetParallel.Rpc;
using AlexNetParallel.Rpc.Security;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>The options that say how coordinator and workers of several hosts know each other. Without them only addresses of this machine are used.</summary>
internal sealed class SecurityArguments
{
    private readonly Option<string?> certificates = new("--certificates") { Description = "Folder with this host's certificate, for mutual TLS (see: alexnet cluster certs)", HelpName = "DIR" };
    private readonly Option<string?> node = new("--node") { Description = "Name of this host's certificate in that folder [default: the host's name]", HelpName = "NAME" };
    private readonly Option<string?> token = new("--trusted-network-token") { Description = "File with a shared secret, in place of certificates: only in a network where nobody else can listen", HelpName = "FILE" };

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [certificates, node, token];

    /// <summary>What they come to.</summary>
    /// <exception cref="UsageException">A file is missing or wrong, or they do not fit together.</exception>
    public RpcSecurity Load(VerbContext context)
    {
        var (folder, file) = (context.Get(certificates), context.Get(token));
        if (folder is not null && file is not null) throw new UsageException($"found both {certificates.Name} and {token.Name}; expected one of them");
        try
        {
            if (folder is not null) return RpcSecurity.MutualTls(RpcIdentity.Load(folder, context.Get(node) ?? Environment.MachineName));
            return file is not null ? RpcSecurity.TrustedNetwork(File.ReadAllText(file).Trim()) : RpcSecurity.LocalOnly;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException(e.Message);
        }
    }

    /// <summary>The same as words of a command line.</summary>
    public IReadOnlyList<string> Words(VerbContext context) =>
        [.. new[] { certificates, node, token }.Where(context.IsGiven).SelectMany(o => (string[])[o.Name, context.Get(o)!])];
}
