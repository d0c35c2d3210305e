using System.CommandLine;
using System.Security.Cryptography;
using AlexNetParallel.Rpc.Security;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet cluster`: what several hosts need to work together.</summary>
internal static class ClusterVerbs
{
    public static Command Create() => new("cluster", "Prepares several hosts to work together") { new ClusterCertificatesVerb() };
}

/// <summary>`alexnet cluster certs`: a certificate authority, and a certificate for each host.</summary>
internal sealed class ClusterCertificatesVerb : Verb
{
    private const int AuthorityDays = 3650;
    private const int LeafDays = 365;

    private readonly Argument<string> folder = new("DIR") { Description = "Folder for the authority and the certificates; an authority that is there is used again" };
    private readonly Argument<string[]> nodes = new("NODE") { Description = "Hosts: a name, or NAME=ADDRESS,ADDRESS… with the names and IP addresses by which others reach it", Arity = ArgumentArity.OneOrMore };
    private readonly Option<int?> days = Numbers.Option("--days", $"Days that the hosts' certificates hold [default: {LeafDays}]", 1);

    public ClusterCertificatesVerb() : base("certs", "Makes a certificate authority and a certificate for each host, for mutual TLS")
    {
        Arguments.Add(folder);
        Arguments.Add(nodes);
        Options.Add(days);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet cluster certs certs node0 node1", "for two hosts that are reached by these names; each needs its own .crt and .key, and ca.crt"),
        ("./alexnet cluster certs certs node2=node2.example,10.0.0.3 --days 90", "a third host, by another name or an address"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        var place = context.Get(folder);
        try
        {
            using var authority = Authority(place, out var isNew);
            var made = new List<object>();
            foreach (var node in context.Get(nodes))
            {
                var (name, hosts) = node.IndexOf('=', StringComparison.Ordinal) is > 0 and var equals ? (node[..equals], node[(equals + 1)..].Split(',', StringSplitOptions.RemoveEmptyEntries)) : (node, [node]);
                if (hosts.Length == 0) throw new UsageException($"found '{node}'; expected a host, or NAME=ADDRESS,ADDRESS…");
                using var leaf = authority.Issue(name, hosts, TimeSpan.FromDays(context.Get(days) ?? LeafDays));
                leaf.Save(place, name);
                made.Add(new { Node = name, Hosts = hosts, Certificate = Path.Combine(place, $"{name}.crt"), Key = Path.Combine(place, $"{name}.key"), NotAfter = leaf.Leaf.NotAfter.ToUniversalTime() });
            }
            if (context.Json) context.Results.Json(new { Folder = Path.GetFullPath(place), NewAuthority = isNew, Nodes = made });
            else context.Results.Line($"{(isNew ? "A new authority" : "The authority that was there")} and {made.Count} certificates in {place}. Give each host ca.crt and its own .crt and .key; keep ca.key to yourself.");
            return Task.FromResult(ExitCode.Done);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException or ArgumentException)
        {
            throw new UsageException($"{place}: {e.Message}");
        }
    }

    private static CertificateAuthority Authority(string folder, out bool isNew)
    {
        isNew = !File.Exists(Path.Combine(folder, CertificateAuthority.CertificateFile));
        if (!isNew) return CertificateAuthority.Load(folder);
        var authority = CertificateAuthority.Create("alexnet cluster", TimeSpan.FromDays(AuthorityDays));
        authority.Save(folder);
        return authority;
    }
}
