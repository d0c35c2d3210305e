using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Data.Sharing;

/// <summary>The calls of Linux that memory shared between processes needs.</summary>
internal static unsafe partial class Linux
{
    private const uint CloseOnExec = 1;
    private const int ReadAndWrite = 1 | 2, Shared = 1;
    private const int FutexWait = 0, FutexWake = 1;
    private const int PidfdOpen = 434;   // the same on all architectures
    private const short Readable = 1;

    private static readonly nint Futex = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        var other => throw new PlatformNotSupportedException($"the shared feed knows Linux on x64 and arm64, not on {other}"),
    };

    /// <summary>A nameless file in memory, with all of its memory taken: gone with the last process that holds it, whatever ends that process.</summary>
    /// <exception cref="IOException">There is not so much memory.</exception>
    public static SafeFileHandle CreateMemory(string name, long bytes)
    {
        var descriptor = MemfdCreate(name, CloseOnExec);
        if (descriptor < 0) throw Failure("memfd_create", Marshal.GetLastPInvokeError());
        var file = new SafeFileHandle(descriptor, ownsHandle: true);
        var error = PosixFallocate(file, 0, bytes);
        if (error == 0) return file;
        file.Dispose();
        throw Failure($"{bytes >> 20} MiB of shared memory", error);
    }

    /// <summary>Makes the file visible in this process.</summary>
    public static nint Map(SafeFileHandle file, long bytes)
    {
        var address = Mmap(0, (nuint)bytes, ReadAndWrite, Shared, file, 0);
        return address != -1 ? address : throw Failure("mmap", Marshal.GetLastPInvokeError());
    }

    /// <summary>Undoes <see cref="Map"/>.</summary>
    public static void Unmap(nint address, long bytes) => _ = Munmap(address, (nuint)bytes);

    /// <summary>Sleeps until woken, at most for a time, if the word still has the value that was seen. May return for no reason.</summary>
    public static void Sleep(int* word, int seen, int milliseconds)
    {
        var time = new TimeSpec(milliseconds / 1000, milliseconds % 1000 * 1_000_000);
        FutexCall(Futex, word, FutexWait, seen, &time, null, 0);
    }

    /// <summary>Wakes all that sleep on the word.</summary>
    public static void Wake(int* word) => FutexCall(Futex, word, FutexWake, int.MaxValue, null, null, 0);

    /// <summary>A descriptor of a process, which becomes readable when it ends; null if there is none.</summary>
    public static SafeFileHandle? Watch(int process)
    {
        var descriptor = (int)PidfdCall(PidfdOpen, process, 0);
        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    /// <summary>True once the watched process has ended, reaped or not.</summary>
    public static bool HasEnded(SafeFileHandle watch)
    {
        var request = new PollRequest((int)watch.DangerousGetHandle(), Readable, 0);
        return Poll(&request, 1, 0) == 1;
    }

    private static IOException Failure(string what, int error) => new($"{what}: {new Win32Exception(error).Message}");

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle file, long offset, long bytes);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint wish, nuint bytes, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint FutexCall(nint number, int* word, nint operation, nint value, TimeSpec* timeout, int* second, nint third);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint PidfdCall(nint number, nint process, nint flags);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Poll(PollRequest* requests, nuint count, int milliseconds);

    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);

    private readonly record struct PollRequest(int Descriptor, short Wanted, short Happened);
}
