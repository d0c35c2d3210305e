using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Exchange.Memory;

/// <summary>The few calls of Linux that memory for tensors needs. Each throws <see cref="IOException"/> with the system's own words if it fails.</summary>
internal static unsafe partial class LinuxMemory
{
    private const uint CloseOnExec = 1;
    private const int ReadWrite = 1 | 2;
    private const int Shared = 1;
    private const int AdviseHugePages = 14;
    private const int PopulateWrite = 23;
    private const int InvalidArgument = 22;

    /// <summary>A nameless file in memory: gone with the last process that holds it, whatever ends that process.</summary>
    public static SafeFileHandle CreateFile(string name)
    {
        var descriptor = MemfdCreate(name, CloseOnExec);
        if (descriptor < 0) throw Failure("memfd_create");
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    /// <summary>Makes a part of the file visible in this process.</summary>
    /// <param name="file">The file.</param>
    /// <param name="offset">Where it begins; a multiple of the page size.</param>
    /// <param name="bytes">Its size.</param>
    public static nint Map(SafeFileHandle file, long offset, long bytes)
    {
        var address = Mmap(0, (nuint)bytes, ReadWrite, Shared, file, offset);
        return address != -1 ? address : throw Failure("mmap");
    }

    /// <summary>
    /// Asks for huge pages, which spare a convolution much of the address translation. A hint: shared memory has them only where
    /// /sys/kernel/mm/transparent_hugepage/shmem_enabled is "advise".
    /// </summary>
    public static void PreferHugePages(nint address, long bytes) => _ = Madvise(address, (nuint)bytes, AdviseHugePages);

    /// <summary>Takes the memory of what is mapped now, so that lack of it is an error here and not a signal at some later write.</summary>
    public static void Populate(SafeFileHandle file, long offset, nint address, long bytes)
    {
        if (Madvise(address, (nuint)bytes, PopulateWrite) == 0) return;
        var error = Marshal.GetLastPInvokeError();
        if (error == InvalidArgument) error = PosixFallocate(file, offset, bytes); // Linux before 5.14 cannot populate
        if (error != 0) throw new IOException($"cannot get {bytes:N0} bytes of shared memory: {new Win32Exception(error).Message}");
    }

    /// <summary>Undoes <see cref="Map"/>.</summary>
    public static void Unmap(nint address, long bytes) => _ = Munmap(address, (nuint)bytes);

    private static IOException Failure(string call) =>
        new($"{call}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "memfd_create", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int MemfdCreate(string name, uint flags);

    [LibraryImport("libc", EntryPoint = "posix_fallocate")]
    private static partial int PosixFallocate(SafeFileHandle file, long offset, long bytes);

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    private static partial nint Mmap(nint wish, nuint bytes, int protection, int flags, SafeFileHandle file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Munmap(nint address, nuint bytes);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    private static partial int Madvise(nint address, nuint bytes, int advice);
}
