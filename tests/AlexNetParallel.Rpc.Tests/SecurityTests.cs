using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using AlexNetParallel.Rpc.Security;
using AlexNetParallel.Rpc.Tests.Protos;
using AlexNetParallel.Rpc.Tests.Support;
using Grpc.Core;
using static AlexNetParallel.Rpc.Tests.Support.ScriptHost;

namespace AlexNetParallel.Rpc.Tests;

/// <summary>Who may listen where, who may call whom.</summary>
public sealed class SecurityTests
{
    private const string ServerAuthentication = "1.3.6.1.5.5.7.3.1";
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Theory]
    [InlineData("0.0.0.0:0")]
    [InlineData("*:0")]
    [InlineData("192.0.2.1:0")]
    [InlineData("[2001:db8::1]:0")]
    public async Task OtherAddressesThanLoopbackNeedProtection(string address)
    {
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => RpcServer.StartAsync(new RpcServerOptions { Listen = [RpcAddress.Parse(address)] }, _ => { }));
        Assert.Contains(address, e.Message);
        Assert.Contains("certificates", e.Message);
        Assert.Throws<InvalidOperationException>(() => RpcChannel.Open(RpcAddress.Parse(address)));
    }

    [Fact]
    public async Task ATokenOpensOtherAddresses()
    {
        const string Secret = "0123456789abcdef";
        var security = RpcSecurity.TrustedNetwork(Secret);
        await using var host = await StartAsync(
            server: options => options with { Listen = [RpcAddress.Parse("0.0.0.0:0")], Security = security }, channel: options => options with { Security = security });
        Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
        var address = RpcAddress.Tcp("127.0.0.1", host.Address.Port);
        foreach (var wrong in new[] { RpcSecurity.LocalOnly, RpcSecurity.TrustedNetwork(Secret + "x"), RpcSecurity.TrustedNetwork("fedcba9876543210") })
        {
            using var channel = RpcChannel.Open(address, new RpcChannelOptions { Security = wrong });
            var e = await FailsAsync(async () => await new Script.ScriptClient(channel).UnaryAsync(new Note()));
            Assert.Equal(StatusCode.Unauthenticated, e.StatusCode);
        }

        Assert.Throws<ArgumentException>(() => RpcSecurity.TrustedNetwork("short"));
        Assert.Throws<ArgumentException>(() => RpcSecurity.TrustedNetwork("with a space in it, long"));
    }

    [Fact]
    public async Task CertificatesOfOneAuthorityTrustEachOther()
    {
        using var authority = CertificateAuthority.Create("test cluster", Day);
        using var server = authority.Issue("host-a", ["host-a.example"], Day);
        using var client = authority.Issue("host-b", ["host-b.example"], Day);
        await using var host = await StartTlsAsync(server, client);
        Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
        var large = new Note { Data = Google.Protobuf.UnsafeByteOperations.UnsafeWrap(new byte[3_000_000]) };
        Assert.Equal(3_000_000, (await host.Client.UnaryAsync(large)).Data.Length);
    }

    [Fact]
    public async Task CertificatesSurviveTheirFiles()
    {
        var folder = Directory.CreateTempSubdirectory("rpc-certs-").FullName;
        try
        {
            using (var made = CertificateAuthority.Create("test cluster", Day)) made.Save(folder);
            using (var loaded = CertificateAuthority.Load(folder))
            using (var leaf = loaded.Issue("host-a", [], Day))
                leaf.Save(folder, "host-a");
            using var identity = RpcIdentity.Load(folder, "host-a");
            await using var host = await StartTlsAsync(identity, identity);
            Assert.Equal(1ul, (await host.Client.UnaryAsync(new Note { Id = 1 })).Id);
            foreach (var key in new[] { "ca.key", "host-a.key" })
            {
                if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, key)));
            }

            Assert.Throws<FileNotFoundException>(() => RpcIdentity.Load(folder, "host-b"));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Theory]
    [InlineData("foreign", "not made by our authority")]
    [InlineData("expired", "expired")]
    [InlineData("early", "not valid before")]
    [InlineData("for servers only", "client authentication")]
    [InlineData("for nothing", "client authentication")]
    public async Task BadClientCertificatesAreRefused(string kind, string reason)
    {
        using var authority = CertificateAuthority.Create("test cluster", TimeSpan.FromDays(30));
        using var other = CertificateAuthority.Create("test cluster", TimeSpan.FromDays(30)); // the same name: the key must decide
        using var server = authority.Issue("server", [], Day);
        using var bad = Bad(kind, authority, other, ServerAuthentication);
        using var mixed = new RpcIdentity(bad.Leaf, X509CertificateLoader.LoadCertificate(authority.Issue("x", [], Day).Authority.RawData));
        await using var host = await StartTlsAsync(server, mixed);
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note()));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        await UntilAsync(() => host.Log.Entries.Any(entry => entry.Text.Contains(reason, StringComparison.Ordinal)), $"the log says: {reason}");
        await AssertServesAsync(host, authority);
    }

    [Theory]
    [InlineData("foreign", "not made by our authority")]
    [InlineData("expired", "expired")]
    [InlineData("for nothing", "server authentication")]
    public async Task BadServerCertificatesAreRefused(string kind, string reason)
    {
        using var authority = CertificateAuthority.Create("test cluster", TimeSpan.FromDays(30));
        using var other = CertificateAuthority.Create("test cluster", TimeSpan.FromDays(30));
        using var client = authority.Issue("client", [], Day);
        using var bad = Bad(kind, authority, other, "");
        await using var host = await StartTlsAsync(bad, client);
        var e = await FailsAsync(async () => await host.Client.UnaryAsync(new Note()));
        Assert.Equal(StatusCode.Unavailable, e.StatusCode);
        Assert.Contains(reason, e.Status.Detail);
    }

    [Fact]
    public async Task ACertificateForClientsIsNoServers()
    {
        using var authority = CertificateAuthority.Create("test cluster", Day);
        using var client = Bad("for clients only", authority, authority, ClientAuthentication);
        Assert.Contains("server authentication", client.JudgeServer(client.Leaf, "localhost"));
        Assert.Contains("Server Authentication", (await Assert.ThrowsAsync<InvalidOperationException>(() => StartTlsAsync(client, client))).Message); // Kestrel's own check
    }

    [Fact]
    public void WhatCannotBeCalledIsNotOpened()
    {
        var options = new RpcChannelOptions { Security = RpcSecurity.TrustedNetwork("0123456789abcdef") };
        foreach (var address in new[] { "0.0.0.0:1", "[::]:1", "*:1", "127.0.0.1:0" }) Assert.Throws<ArgumentException>(() => RpcChannel.Open(RpcAddress.Parse(address), options));
    }

    [Fact]
    public void AServerMustBeTheOneThatWasCalled()
    {
        using var authority = CertificateAuthority.Create("test cluster", Day);
        using var identity = authority.Issue("host-a", ["host-a.example", "192.0.2.7"], Day);
        Assert.Null(identity.JudgeServer(identity.Leaf, "host-a.example"));
        Assert.Null(identity.JudgeServer(identity.Leaf, "192.0.2.7"));
        Assert.Null(identity.JudgeServer(identity.Leaf, "localhost"));
        Assert.Contains("host-b.example", identity.JudgeServer(identity.Leaf, "host-b.example"));
        Assert.Contains("192.0.2.8", identity.JudgeServer(identity.Leaf, "192.0.2.8"));
        Assert.Contains("host-a", identity.JudgeServer(identity.Leaf, "host-a")); // the common name alone does not count
        Assert.Contains("none", identity.JudgeServer(null, "localhost"));
    }

    [Fact]
    public async Task AClientWithoutACertificateIsRefused()
    {
        using var authority = CertificateAuthority.Create("test cluster", Day);
        using var server = authority.Issue("server", [], Day);
        await using var host = await StartTlsAsync(server, server);
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => true } });
        using var request = new HttpRequestMessage(HttpMethod.Post, $"https://{host.Address}/alexnet.tests.Script/Unary")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(RawCall.Frame([])),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        await Assert.ThrowsAsync<HttpRequestException>(() => http.SendAsync(request, CancellationToken.None));
        await AssertServesAsync(host, authority);
    }

    [Fact]
    public async Task PlainTextToATlsServerFailsCleanly()
    {
        using var authority = CertificateAuthority.Create("test cluster", Day);
        using var server = authority.Issue("server", [], Day);
        await using var host = await StartTlsAsync(server, server);
        using var plain = RpcChannel.Open(host.Address);
        Assert.Equal(StatusCode.Unavailable, (await FailsAsync(async () => await new Script.ScriptClient(plain).UnaryAsync(new Note()))).StatusCode);
        await AssertServesAsync(host, authority);
    }

    private static Task<ScriptHost> StartTlsAsync(RpcIdentity server, RpcIdentity client) => StartAsync(
        server: options => options with { Security = RpcSecurity.MutualTls(server) }, channel: options => options with { Security = RpcSecurity.MutualTls(client) });

    private static async Task AssertServesAsync(ScriptHost host, CertificateAuthority authority)
    {
        using var good = authority.Issue("good", [], Day);
        using var channel = RpcChannel.Open(host.Address, new RpcChannelOptions { Security = RpcSecurity.MutualTls(good) });
        Assert.Equal(9ul, (await new Script.ScriptClient(channel).UnaryAsync(new Note { Id = 9 })).Id);
    }

    private static RpcIdentity Bad(string kind, CertificateAuthority ours, CertificateAuthority other, string wrongPurpose)
    {
        var now = DateTimeOffset.UtcNow;
        string[] both = [ServerAuthentication, ClientAuthentication];
        return kind switch
        {
            "foreign" => other.Issue("x", [], Day),
            "expired" => ours.Issue("x", [], now.AddMinutes(-9), TimeSpan.FromMinutes(8), both),
            "early" => ours.Issue("x", [], now.AddDays(2), Day, both),
            "for nothing" => ours.Issue("x", [], now, Day, []),
            _ => ours.Issue("x", [], now, Day, [wrongPurpose]),
        };
    }
}
