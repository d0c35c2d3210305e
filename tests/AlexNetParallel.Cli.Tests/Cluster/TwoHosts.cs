using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using AlexNetParallel.Testing;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>Two network namespaces joined by a virtual cable, which stand for two hosts: node0 at 10.77.0.1, node1 at 10.77.0.2. Needs root.</summary>
internal sealed partial class TwoHosts : IDisposable
{
    private static int made;

    // Tests run beside each other.
    private readonly string id = $"{Environment.ProcessId % 100_000}-{Interlocked.Increment(ref made) % 1000}";

    private DelayedLine? line;

    private TwoHosts()
    {
    }

    public IReadOnlyList<string> Names => [$"alexnet{id}a", $"alexnet{id}b"];

    public IReadOnlyList<string> Addresses { get; } = ["10.77.0.1", "10.77.0.2"];

    private IReadOnlyList<string> Links => [$"va{id}", $"vb{id}"];

    /// <summary>Sets them up; skips the running test where that is not allowed.</summary>
    /// <param name="delay">Time of a packet on the cable, each way.</param>
    public static TwoHosts Create(TimeSpan delay = default)
    {
        var hosts = new TwoHosts();
        try
        {
            var (a, b) = (hosts.Names[0], hosts.Names[1]);
            var refused = Run("ip", $"netns add {a}");
            Skip.If(refused.Length > 0, $"needs 'ip netns', which is not allowed here ({refused})");
            Must("ip", $"netns add {b}");
            if (delay == default) Must("ip", $"link add {hosts.Links[0]} netns {a} type veth peer name {hosts.Links[1]} netns {b}");
            else hosts.JoinByDelayedLine(delay);
            foreach (var (name, link, address) in hosts.Names.Zip(hosts.Links, hosts.Addresses))
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
        foreach (var (name, link) in Names.Zip(Links))
            Must("tc", $"-n {name} qdisc replace dev {link} root tbf rate {megabits}mbit burst 128kb latency 50ms");
    }

    /// <summary>A TCP socket on one of the hosts.</summary>
    public Socket Socket(int host)
    {
        Socket? socket = null;
        // A thread may enter a namespace; what it opens stays there.
        var thread = new Thread(() =>
        {
            const int NetworkNamespace = 0x40000000;
            using var place = File.OpenHandle($"/run/netns/{Names[host]}");
            if (SetNamespace(place, NetworkNamespace) == 0) socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        });
        thread.Start();
        thread.Join();
        return socket ?? throw new IOException($"{Names[host]} cannot be entered");
    }

    public void Dispose()
    {
        line?.Dispose();
        foreach (var name in Names) Run("ip", $"netns del {name}");
    }

    private void JoinByDelayedLine(TimeSpan delay)
    {
        try
        {
            line = new DelayedLine(Links, delay);
        }
        catch (IOException e)
        {
            Skip.If(true, $"needs TUN devices, which are not allowed here ({e.Message})");
        }
        foreach (var (name, link) in Names.Zip(Links))
        {
            Must("ip", $"link set {link} netns {name}");
            Must("ip", $"-n {name} link set {link} txqueuelen 10000");
        }
    }

    private static void Must(string program, string arguments)
    {
        var error = Run(program, arguments);
        Assert.True(error.Length == 0, $"{program} {arguments}: {error}");
    }

    [LibraryImport("libc", EntryPoint = "setns")]
    private static partial int SetNamespace(SafeFileHandle place, int kind);

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
