using System.Globalization;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Training.Processes;

/// <summary>
/// The child's side of supervision: a process that <see cref="Supervisor"/> started ends when its parent does, whatever ended the parent. Two independent
/// ways: the kernel's parent-death signal, and the end of standard input, a pipe whose only other end the parent holds. Between the two may stand a launcher (<see cref="Mpirun"/>). Ctrl-C on the
/// terminal reaches the whole process group; a child leaves it to its parent, which ends the children in order.
/// </summary>
public static class ParentGuard
{
    /// <summary>Environment variable that carries the parent's process id to the child.</summary>
    internal const string ParentVariable = "ALEXNET_PARENT";

    /// <summary>Environment variable that carries the child's name, e.g. "worker 1".</summary>
    internal const string NameVariable = "ALEXNET_NAME";

    private static readonly List<PosixSignalRegistration> registrations = [];

    /// <summary>True in a process that a <see cref="Supervisor"/> started.</summary>
    public static bool IsSupervised { get; private set; }

    /// <summary>To be called first thing in Main. Does nothing in a process that no <see cref="Supervisor"/> started.</summary>
    public static void Enter()
    {
        if (IsSupervised || !int.TryParse(Environment.GetEnvironmentVariable(ParentVariable), CultureInfo.InvariantCulture, out var parent)) return;
        IsSupervised = true;
        NativeProcess.DieWithParent();
        // The parent may have ended before the line above: this process has another parent then. Under a launcher it is one of the launcher's own parents that counts; standard input is the launcher's too.
        var launched = NativeProcess.ParentId() != parent;
        if (launched && !Ancestors().Contains(parent)) NativeProcess.ExitNow(1);
        NativeProcess.NameThread($"alexnet {Environment.GetEnvironmentVariable(NameVariable)}");
        foreach (var signal in (PosixSignal[])[PosixSignal.SIGINT, PosixSignal.SIGHUP])
            registrations.Add(PosixSignalRegistration.Create(signal, context => context.Cancel = true));
        if (!launched) new Thread(EndWithStandardInput) { IsBackground = true, Name = "parent guard", Priority = ThreadPriority.AboveNormal }.Start();
    }

    private static IEnumerable<int> Ancestors()
    {
        for (var process = NativeProcess.ParentId(); process > 1; process = ParentOf(process)) yield return process;
    }

    /// <summary>The parent of another process; 0 if that has ended.</summary>
    private static int ParentOf(int process)
    {
        try
        {
            // "pid (name) state parent …", and the name may hold anything.
            var text = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{process}/stat"));
            return int.Parse(text[(text.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return 0;
        }
    }

    private static void EndWithStandardInput()
    {
        using var input = Console.OpenStandardInput();
        var buffer = new byte[64];
        try
        {
            while (input.Read(buffer) > 0) { }
        }
        catch (IOException)
        {
            // An input that cannot be read tells as much as one that has ended.
        }
        NativeProcess.ExitNow(1);
    }
}
