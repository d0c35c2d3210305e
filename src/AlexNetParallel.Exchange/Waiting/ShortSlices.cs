using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Waiting;

/// <summary>
/// Tells the scheduler that a thread runs for a moment at a time and wants to run soon after it wakes: the slice of sched_setattr(2), which Linux regards for ordinary threads since 6.12. Such a thread need not
/// wait until one that computes has used up a slice of milliseconds. Older kernels do not care.
/// </summary>
internal static unsafe partial class ShortSlices
{
    private const ulong Shortest = 100_000; // nanoseconds

    private static readonly (nint Get, nint Set) calls = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? (315, 314) : (275, 274);

    /// <summary>For the calling thread.</summary>
    public static void Prefer()
    {
        Attributes attributes;
        // What else there is, its niceness above all, stays as it is.
        if (Call(calls.Get, 0, &attributes, (nuint)sizeof(Attributes), 0) != 0) return;
        attributes.Runtime = Shortest;
        _ = Call(calls.Set, 0, &attributes, 0, 0);
    }

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, nint thread, Attributes* attributes, nuint third, nuint fourth);

    /// <summary>struct sched_attr.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Attributes
    {
        private readonly uint size;
        private readonly uint policy;
        private readonly ulong flags;
        private readonly int nice;
        private readonly uint priority;
        public ulong Runtime;
        private readonly ulong deadline;
        private readonly ulong period;
    }
}
