using AlexNetParallel.Rpc.Security;

namespace AlexNetParallel.Cli.Tests;

public sealed class ClusterTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task One_authority_makes_certificates_for_all_hosts()
    {
        var first = await Command.JsonAsync("cluster", "certs", folder, "node0", "node1=node1.example,10.0.0.2");
        Assert.True(first.GetProperty("new_authority").GetBoolean());
        Assert.Equal(2, first.GetProperty("nodes").GetArrayLength());
        var second = await Command.JsonAsync("cluster", "certs", folder, "node2", "--days", "3");
        Assert.False(second.GetProperty("new_authority").GetBoolean());
        using var old = RpcIdentity.Load(folder, "node0");
        using var recent = RpcIdentity.Load(folder, "node2");
        Assert.Equal(old.Leaf.Issuer, recent.Leaf.Issuer);
        Assert.Equal(old.Authority.Thumbprint, recent.Authority.Thumbprint);
        Assert.InRange(recent.Leaf.NotAfter, DateTime.Now.AddDays(2), DateTime.Now.AddDays(4));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(folder, "ca.key")));
    }
}
