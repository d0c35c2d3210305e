using System.Runtime.InteropServices;

namespace AlexNetParallel.Training.Processes;

/// <summary>The few calls of the C library that .NET has no own form of.</summary>
internal static partial class NativeProcess
{
    private const int SetParentDeathSignal = 1; // PR_SET_PDEATHSIG
    private const int SetName = 15;             // PR_SET_NAME
    private const int Kill = 9;                 // SIGKILL
    private const int Term = 15;                // SIGTERM

    /// <summary>Asks the kernel to kill this process when the thread that started it ends. Does not hold for a parent that has ended before.</summary>
    /// <returns>False where the system does not have it.</returns>
    public static bool DieWithParent() => prctl(SetParentDeathSignal, Kill, 0, 0, 0) == 0;

    /// <summary>Sets the name that ps and top show for the calling thread; on the main thread, for the process. At most 15 bytes are kept.</summary>
    public static unsafe void NameThread(string name)
    {
        var bytes = stackalloc byte[16];
        for (var i = 0; i < 15 && i < name.Length; i++) bytes[i] = (byte)(name[i] < 128 ? name[i] : '?');
        _ = prctl(SetName, (nuint)bytes, 0, 0, 0);
    }

    /// <summary>Asks a process to end (SIGTERM).</summary>
    public static void Terminate(int process) => _ = kill(process, Term);

    /// <summary>The process that this one is a child of.</summary>
    [LibraryImport("libc", EntryPoint = "getppid")]
    public static partial int ParentId();

    /// <summary>Ends the process at once: no handler runs, nothing is waited for.</summary>
    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitNow(int code);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
