using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Exchange.Peer;

/// <summary>Tells whether another process still runs, by a descriptor of it (pidfd): a later process with the same number is not taken for it, nor is a dead one that nobody has reaped.</summary>
internal sealed unsafe partial class ProcessWatch : IDisposable
{
    private const int PidfdOpen = 434; // the same on all architectures
    private const short Readable = 1;
    private const int NoSuchProcess = 3;

    private readonly SafeFileHandle descriptor;

    private ProcessWatch(SafeFileHandle descriptor) => this.descriptor = descriptor;

    /// <summary>Begins to watch; null if there is no such process.</summary>
    /// <exception cref="IOException">The system cannot (Linux before 5.3).</exception>
    public static ProcessWatch? Open(int process)
    {
        var opened = (int)SystemCall(PidfdOpen, process, 0);
        if (opened >= 0) return new ProcessWatch(new SafeFileHandle(opened, ownsHandle: true));
        var error = Marshal.GetLastPInvokeError();
        if (error == NoSuchProcess) return null;
        throw new IOException($"pidfd_open (Linux 5.3 or later): {new Win32Exception(error).Message}");
    }

    /// <summary>False once the process has ended.</summary>
    public bool IsAlive()
    {
        var request = new PollRequest((int)descriptor.DangerousGetHandle(), Readable, 0);
        return Poll(&request, 1, 0) != 1;
    }

    /// <inheritdoc/>
    public void Dispose() => descriptor.Dispose();

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nint process, nint flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(PollRequest* requests, nuint count, int milliseconds);

    private readonly record struct PollRequest(int Descriptor, short Wanted, short Happened);
}
