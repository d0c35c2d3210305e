using System.IO.MemoryMappedFiles;
using AlexNetParallel.Model.Recipes;
using Microsoft.Win32.SafeHandles;

namespace AlexNetParallel.Training.Engine;

/// <summary>
/// Where a worker is in its program: tick, step and instruction. A worker writes it, two stores an instruction, into a page that another
/// process made, so that the place is known even when the worker is killed between two words.
/// </summary>
public sealed unsafe class WorkerPosition : IDisposable
{
    private const int PageBytes = 4096;

    private readonly MemoryMappedFile map;
    private readonly MemoryMappedViewAccessor view;
    private readonly Page* page;

    private WorkerPosition(MemoryMappedFile map, string? path)
    {
        this.map = map;
        Path = path;
        view = map.CreateViewAccessor(0, PageBytes);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        page = (Page*)start;
        if (path is not null) page->Instruction = -1;
    }

    /// <summary>A page that other processes of this host and user can open while this object lives. It leaves nothing behind, whatever ends the process.</summary>
    public static WorkerPosition Create()
    {
        var file = System.IO.Path.GetTempFileName();
        var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        File.Delete(file);
        RandomAccess.SetLength(handle, PageBytes);
        return new WorkerPosition(Map(handle), $"/proc/{Environment.ProcessId}/fd/{handle.DangerousGetHandle()}");
    }

    /// <summary>Opens the page that another process made.</summary>
    /// <param name="path">Its <see cref="Path"/> there.</param>
    /// <exception cref="IOException">It is not there.</exception>
    public static WorkerPosition Open(string path) => new(Map(File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite)), null);

    /// <summary>Where other processes open it; null at those.</summary>
    public string? Path { get; }

    /// <summary>The number of the tick that runs or ran last; 0 before the first.</summary>
    public long Tick => Volatile.Read(ref page->Tick);

    /// <summary>Training steps begun.</summary>
    public long Step => Volatile.Read(ref page->Step);

    /// <summary>The instruction of the worker's program that runs; −1 between ticks.</summary>
    public int Instruction => Volatile.Read(ref page->Instruction);

    /// <summary>A tick begins.</summary>
    public void Begin(Tick tick)
    {
        Volatile.Write(ref page->Instruction, -1);
        Volatile.Write(ref page->Step, tick.Step);
        Volatile.Write(ref page->Tick, tick.Number);
    }

    /// <summary>An instruction begins; −1: none, the tick is over.</summary>
    public void At(int instruction) => Volatile.Write(ref page->Instruction, instruction);

    /// <summary>Gives the page back.</summary>
    public void Dispose()
    {
        view.SafeMemoryMappedViewHandle.ReleasePointer();
        view.Dispose();
        map.Dispose();
    }

    private static MemoryMappedFile Map(SafeFileHandle file) =>
        MemoryMappedFile.CreateFromFile(file, null, PageBytes, MemoryMappedFileAccess.ReadWrite, HandleInheritability.None, leaveOpen: false);

    private struct Page
    {
        public long Tick;
        public long Step;
        public int Instruction;
    }
}
