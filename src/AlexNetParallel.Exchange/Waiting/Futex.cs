using System.Runtime.InteropServices;

namespace AlexNetParallel.Exchange.Waiting;

/// <summary>Linux's futex(2): sleep while a word of memory, shared between processes or not, has the value that was seen.</summary>
internal static unsafe partial class Futex
{
    private const int Wait = 0;
    private const int Wake = 1;

    private static readonly nint SystemCall = RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => 202,
        Architecture.Arm64 => 98,
        var other => throw new PlatformNotSupportedException($"the exchange between workers knows Linux on x64 and arm64, not on {other}"),
    };

    /// <summary>Sleeps until woken, at most <paramref name="microseconds"/>, if the word still holds <paramref name="seen"/>. May also return for no reason: check again.</summary>
    public static void Sleep(uint* word, uint seen, int microseconds)
    {
        var timeout = new TimeSpec(microseconds / 1_000_000, microseconds % 1_000_000 * 1000);
        Call(SystemCall, word, Wait, seen, &timeout, null, 0);
    }

    /// <summary>Wakes whoever sleeps on the word.</summary>
    public static void WakeAll(uint* word) => Call(SystemCall, word, Wake, int.MaxValue, null, null, 0);

    [LibraryImport("libc", EntryPoint = "syscall")]
    private static partial nint Call(nint number, uint* word, nint operation, nuint value, TimeSpec* timeout, uint* second, nuint third);

    private readonly record struct TimeSpec(nint Seconds, nint Nanoseconds);
}
