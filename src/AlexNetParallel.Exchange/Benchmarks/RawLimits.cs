using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Benchmarks;

/// <summary>What moving bytes costs without any transport: the limits that exchanges are compared with.</summary>
public static unsafe class RawLimits
{
    /// <summary>The ways: one core's memcpy, a stream socket of the Unix kind, a TCP connection over loopback.</summary>
    public static IReadOnlyList<string> Ways { get; } = ["memcpy", "unix", "tcp"];

    /// <summary>Median seconds until a payload is where it should be.</summary>
    /// <param name="way">One of <see cref="Ways"/>.</param>
    /// <param name="bytes">Payload, 1 or more.</param>
    /// <param name="bothWays">Two payloads at once, in opposite directions; else one.</param>
    /// <param name="repeats">How often it is timed.</param>
    public static double Seconds(string way, long bytes, bool bothWays, int repeats)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(repeats, 1);
        return way switch
        {
            "memcpy" => Copies(bytes, bothWays, repeats),
            "unix" => Streams(UnixPair(), bytes, bothWays, repeats),
            "tcp" => Streams(TcpPair(), bytes, bothWays, repeats),
            _ => throw new ArgumentException($"found '{way}'; expected one of {string.Join(", ", Ways)}", nameof(way)),
        };
    }

    /// <summary>Median seconds from sending a message until its answer of the same size is there, over a socket.</summary>
    /// <param name="way">"unix" or "tcp".</param>
    /// <param name="bytes">Size of each message.</param>
    /// <param name="repeats">How often it is timed.</param>
    public static double RoundTrip(string way, int bytes, int repeats)
    {
        var (a, b) = way == "unix" ? UnixPair() : TcpPair();
        using (a)
        using (b)
        {
            var echo = Start(() =>
            {
                var buffer = new byte[bytes];
                for (var i = -20; i < repeats; i++)
                {
                    Fill(b, buffer);
                    b.Send(buffer);
                }
            });
            var message = new byte[bytes];
            var times = new double[repeats];
            for (var i = -20; i < repeats; i++)
            {
                var began = Stopwatch.GetTimestamp();
                a.Send(message);
                Fill(a, message);
                if (i >= 0) times[i] = Stopwatch.GetElapsedTime(began).TotalSeconds;
            }
            echo.Join();
            Array.Sort(times);
            return times[repeats / 2];
        }
    }

    private static double Copies(long bytes, bool bothWays, int repeats)
    {
        using var one = new Copy(bytes);
        using var other = new Copy(bytes);
        return Median(repeats, bothWays ? [one.Run, other.Run] : [one.Run]);
    }

    private static double Streams((Socket A, Socket B) pair, long bytes, bool bothWays, int repeats)
    {
        var (a, b) = pair;
        using (a)
        using (b)
        {
            var memory = (byte*)NativeMemory.AlignedAlloc((nuint)(4 * bytes), 4096);
            NativeMemory.Fill(memory, (nuint)(4 * bytes), 1);
            try
            {
                List<Action> work = [() => Send(a, memory, bytes), () => Receive(b, memory + bytes, bytes)];
                if (bothWays) work.AddRange([() => Send(b, memory + 2 * bytes, bytes), () => Receive(a, memory + 3 * bytes, bytes)]);
                return Median(repeats, [.. work]);
            }
            finally
            {
                NativeMemory.AlignedFree(memory);
            }
        }
    }

    /// <summary>Median seconds from when all begin until all have ended. Each has a thread that stands ready: to start one takes longer than to move a small payload.</summary>
    private static double Median(int repeats, Action[] work)
    {
        const int WarmUp = 2;
        var (times, ends) = (new List<double>(), new long[work.Length]);
        var began = 0L;
        using var gate = new Barrier(work.Length, _ =>
        {
            if (began != 0) times.Add(Stopwatch.GetElapsedTime(began, ends.Max()).TotalSeconds);
            began = Stopwatch.GetTimestamp();
        });
        var threads = work.Select((run, index) => Start(() =>
        {
            for (var round = 0; round < WarmUp + repeats; round++)
            {
                gate.SignalAndWait();
                run();
                ends[index] = Stopwatch.GetTimestamp();
            }
            gate.SignalAndWait();
        })).ToList();
        threads.ForEach(t => t.Join());
        return times[WarmUp..].Order().ElementAt(repeats / 2);
    }

    private static Thread Start(ThreadStart run)
    {
        var thread = new Thread(run) { IsBackground = true };
        thread.Start();
        return thread;
    }

    private static void Send(Socket socket, byte* from, long bytes)
    {
        for (var sent = 0L; sent < bytes;) sent += socket.Send(new ReadOnlySpan<byte>(from + sent, (int)Math.Min(bytes - sent, 1 << 30)));
    }

    private static void Receive(Socket socket, byte* to, long bytes)
    {
        for (var got = 0L; got < bytes;) got += Some(socket.Receive(new Span<byte>(to + got, (int)Math.Min(bytes - got, 1 << 30))));
    }

    private static void Fill(Socket socket, byte[] buffer)
    {
        for (var got = 0; got < buffer.Length;) got += Some(socket.Receive(buffer.AsSpan(got)));
    }

    private static int Some(int received) => received > 0 ? received : throw new IOException("the connection was closed");

    private static (Socket, Socket) UnixPair()
    {
        var path = Path.Combine(Path.GetTempPath(), $"alexnet-{Environment.ProcessId}-{Guid.NewGuid():N}"[..24] + ".raw");
        try
        {
            return Pair(new UnixDomainSocketEndPoint(path), () => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static (Socket, Socket) TcpPair() => Pair(new IPEndPoint(IPAddress.Loopback, 0), () => new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    private static (Socket, Socket) Pair(EndPoint at, Func<Socket> make)
    {
        using var listener = make();
        listener.Bind(at);
        listener.Listen(1);
        var client = make();
        client.Connect(listener.LocalEndPoint!);
        var server = listener.Accept();
        if (server.ProtocolType == ProtocolType.Tcp) server.NoDelay = true;
        return (client, server);
    }

    private sealed class Copy : IDisposable
    {
        private readonly byte* memory;
        private readonly long bytes;

        public Copy(long bytes)
        {
            this.bytes = bytes;
            memory = (byte*)NativeMemory.AlignedAlloc((nuint)(2 * bytes), 4096);
            for (var at = 0L; at < 2 * bytes; at += 4096) memory[at] = 1;
        }

        public void Run() => Buffer.MemoryCopy(memory, memory + bytes, bytes, bytes);

        public void Dispose() => NativeMemory.AlignedFree(memory);
    }
}
