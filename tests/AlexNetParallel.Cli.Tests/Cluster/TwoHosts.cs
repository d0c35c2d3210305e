using System.Diagnostics;
using AlexNetParallel.Testing;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>Two network namespaces joined by a virtual cable, which stand for two hosts: node0 at 10.77.x.1, node1 at 10.77.x.2. Needs root.</summary>
internal sealed class TwoHosts : IDisposable
{
    private static int made;

    // Tests run beside each other.
    private readonly string id = $"{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref made) % 1000}";

    private TwoHosts()
    {
    }

    public IReadOnlyList<string> Names => [$"alexnet{id}a", $"alexnet{id}b"];

    public IReadOnlyList<string> Addresses { get; } = ["10.77.0.1", "10.77.0.2"];

    /// <summary>Sets them up; skips the running test where that is not allowed.</summary>
    public static TwoHosts Create()
    {
        var hosts = new TwoHosts();
        try
        {
            var (a, b) = (hosts.Names[0], hosts.Names[1]);
            var refused = Run("ip", $"netns add {a}");
            Skip.If(refused.Length > 0, $"needs 'ip netns', which is not allowed here ({refused})");
            Must("ip", $"netns add {b}");
            Must("ip", $"link add va{hosts.id} netns {a} type veth peer name vb{hosts.id} netns {b}");
            foreach (var (name, link, address) in ((string, string, string)[])[(a, $"va{hosts.id}", hosts.Addresses[0]), (b, $"vb{hosts.id}", hosts.Addresses[1])])
            {
                Must("ip", $"-n {name} addr add {address}/24 dev {link}");
                Must("ip", $"-n {name} link set {link} up");
                Must("ip", $"-n {name} link set lo up");
            }
            return hosts;
        }
        catch
        {
            hosts.Dispose();
            throw;
        }
    }

    /// <summary>Lets no more than so much cross in each direction, by a token bucket at each end.</summary>
    /// <param name="megabits">Of Ethernet frames a second.</param>
    public void Limit(int megabits)
    {
        foreach (var (name, link) in Names.Zip((string[])[$"va{id}", $"vb{id}"]))
            Must("tc", $"-n {name} qdisc replace dev {link} root tbf rate {megabits}mbit burst 128kb latency 50ms");
    }

    public void Dispose()
    {
        foreach (var name in Names) Run("ip", $"netns del {name}");
    }

    private static void Must(string program, string arguments)
    {
        var error = Run(program, arguments);
        Assert.True(error.Length == 0, $"{program} {arguments}: {error}");
    }

    /// <summary>Runs a program; gives what it complains of.</summary>
    private static string Run(string program, string arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : $"{error.Trim()} ";
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return e.Message;
        }
    }
}
