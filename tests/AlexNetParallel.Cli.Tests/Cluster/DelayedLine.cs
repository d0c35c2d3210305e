using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>
/// A cable on which every packet takes the same time: two TUN devices (Linux, Documentation/networking/tuntap.rst), and threads of this process that read packets from one and write
/// them to the other when their time has come. Packets wait in a queue, not one after the other, so the line's rate stays what it is. TCP runs from end to end and knows the delay.
/// </summary>
internal sealed partial class DelayedLine : IDisposable
{
    /// <summary>The longest packet that the network stack leaves uncut (64 KiB), with the header that says how it is to be cut.</summary>
    private const int LongestPacket = 65_536 + 64;

    private readonly SafeFileHandle[] ends;
    private readonly long delay;

    /// <summary>Makes the two devices; the caller puts them where they belong.</summary>
    /// <param name="names">Names of the devices.</param>
    /// <param name="delay">Of every packet, each way.</param>
    /// <exception cref="IOException">TUN devices are not allowed here.</exception>
    public DelayedLine(IReadOnlyList<string> names, TimeSpan delay)
    {
        this.delay = (long)(delay.TotalSeconds * Stopwatch.Frequency);
        ends = [.. names.Select(Open)];
        Forward(ends[0], ends[1]);
        Forward(ends[1], ends[0]);
    }

    public void Dispose()
    {
        foreach (var end in ends) end.Dispose();
    }

    private static SafeFileHandle Open(string name)
    {
        const int SetInterface = 0x400454ca, SetOffload = 0x400454d0;
        const short Tun = 0x0001, NoPacketInformation = 0x1000, OffloadHeader = 0x4000;
        const int Checksums = 1, LongSegments = 2 | 4;
        try
        {
            var device = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            var request = new byte[40];
            Encoding.ASCII.GetBytes(name, request);
            BitConverter.TryWriteBytes(request.AsSpan(16), (short)(Tun | NoPacketInformation | OffloadHeader));
            // Packets stay long and without checksums until they leave the machine, which they do not: as on a veth cable.
            if (Ioctl(device, SetInterface, request) == 0 && Ioctl(device, SetOffload, Checksums | LongSegments) == 0) return device;
            device.Dispose();
            throw new IOException($"TUN device {name}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    private void Forward(SafeFileHandle from, SafeFileHandle to)
    {
        var queue = new BlockingCollection<(long Due, byte[] Packet, int Length)>(boundedCapacity: 20_000);
        Start(() =>
        {
            while (true)
            {
                var packet = ArrayPool<byte>.Shared.Rent(LongestPacket);
                var length = (int)Read(from, packet, LongestPacket);
                if (length <= 0) return;
                queue.Add((Stopwatch.GetTimestamp() + delay, packet, length));
            }
        });
        Start(() =>
        {
            const int SetTimerSlack = 29;
            Prctl(SetTimerSlack, 1_000); // nanoseconds; by default the kernel wakes a sleeper up to 50 µs late
            foreach (var (due, packet, length) in queue.GetConsumingEnumerable())
            {
                for (var left = due - Stopwatch.GetTimestamp(); left > 0; left = due - Stopwatch.GetTimestamp())
                    Nanosleep(new Timespec { Nanoseconds = (long)(left * 1e9 / Stopwatch.Frequency) }, 0);
                _ = Write(to, packet, (nuint)length); // a device that is down takes nothing: as with a cable, the packet is lost
                ArrayPool<byte>.Shared.Return(packet);
            }
        });
    }

    /// <summary>Runs until the devices are gone, with their namespace or by <see cref="Dispose"/>.</summary>
    private static void Start(Action loop) => new Thread(() =>
    {
        try
        {
            loop();
        }
        catch (ObjectDisposedException)
        {
        }
    })
    { IsBackground = true }.Start();

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Ioctl(SafeFileHandle file, nuint request, nint argument);

    [LibraryImport("libc", EntryPoint = "read")]
    private static partial nint Read(SafeFileHandle file, [Out] byte[] packet, nuint length);

    [LibraryImport("libc", EntryPoint = "write")]
    private static partial nint Write(SafeFileHandle file, byte[] packet, nuint length);

    [LibraryImport("libc", EntryPoint = "prctl")]
    private static partial int Prctl(int option, nuint value);

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    private static partial int Nanosleep(in Timespec time, nint left);
}
