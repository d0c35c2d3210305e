using System.Runtime.InteropServices;
using AlexNetParallel.Exchange.Waiting;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>
/// This process's part in an MPI job. One thread makes every call of MPI, from the first to the last (MPI_THREAD_FUNNELED), and looks after the links of one transport at a time.
/// MPI is ended when the process ends: in order with exit code 0; otherwise by MPI_Abort, which ends the processes of the whole job, wherever they hang.
/// </summary>
internal sealed unsafe class MpiProcess
{
    private const int Funneled = 1;      // MPI_THREAD_FUNNELED
    private const int TagUpperBound = 0; // MPI_TAG_UB
    private static readonly string[] rankVariables = ["PMIX_RANK", "PMI_RANK", "OMPI_COMM_WORLD_RANK"];
    private static readonly TimeSpan goodbye = TimeSpan.FromSeconds(30);
    private static readonly Lazy<MpiProcess> current = new(() => new MpiProcess());

    private readonly Bell* bell = (Bell*)NativeMemory.AlignedAlloc((nuint)sizeof(Bell), (nuint)sizeof(Bell));
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ManualResetEventSlim switched = new();
    private readonly Lock gate = new();
    private readonly Thread thread;
    private readonly MpiLibrary library;
    private volatile MpiLinks? wanted;
    private volatile bool ending;
    private bool isSpoilt;
    private MpiLinks? serving;

    private MpiProcess()
    {
        library = MpiLibrary.Loaded;
        NativeMemory.Clear(bell, (nuint)sizeof(Bell));
        thread = new Thread(Run) { IsBackground = true, Name = "mpi" };
        thread.Start();
        AppDomain.CurrentDomain.ProcessExit += (_, _) => End();
    }

    /// <summary>True in a process that a launcher of MPI jobs started.</summary>
    public static bool IsLaunched => rankVariables.Any(v => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(v)));

    /// <summary>What tells this process's job from others; empty where the launcher does not say.</summary>
    public static string Job => Environment.GetEnvironmentVariable("PMIX_NAMESPACE") ?? "";

    /// <summary>The one of this process; the first call begins MPI.</summary>
    /// <exception cref="MpiException">MPI is not installed.</exception>
    public static MpiProcess Current => current.Value;

    /// <summary>Done when MPI has begun, which needs all processes of the job.</summary>
    /// <exception cref="MpiException">It could not.</exception>
    public Task Started => started.Task;

    /// <summary>Rank in MPI_COMM_WORLD; known after <see cref="Started"/>, as all that follows.</summary>
    public int Rank { get; private set; }

    /// <summary>Number of processes in MPI_COMM_WORLD.</summary>
    public int Size { get; private set; }

    /// <summary>The highest tag.</summary>
    public int TagLimit { get; private set; }

    /// <summary>Looks after these links from now on.</summary>
    /// <exception cref="InvalidOperationException">There are others, or there were some that did not end in order: what was sent to them may still come.</exception>
    public void Attach(MpiLinks links)
    {
        lock (gate)
        {
            if (isSpoilt) throw new InvalidOperationException("an earlier transport over MPI of this process did not end in order; expected a new process");
            if (wanted is not null) throw new InvalidOperationException("a process can have one transport over MPI at a time");
            wanted = links;
        }
        Wake();
    }

    /// <summary>No longer looks after these links.</summary>
    /// <returns>False if MPI did not come back in time.</returns>
    public bool Detach(MpiLinks links, TimeSpan patience)
    {
        lock (gate)
        {
            if (wanted != links) return true;
            isSpoilt |= !links.HasEndedInOrder;
            switched.Reset();
            wanted = null;
        }
        Wake();
        return switched.Wait(patience);
    }

    /// <summary>There is something to do.</summary>
    public void Wake() => Bell.Ring(bell);

    private void Run()
    {
        try
        {
            Begin();
        }
        catch (MpiException e)
        {
            started.TrySetException(e);
            return;
        }
        started.TrySetResult();
        ShortSlices.Prefer();
        Serve();
        // A rank that ends otherwise than it should takes the others with it: they would wait for it in MPI.
        if (Environment.ExitCode == 0) _ = MpiNative.Finalize();
        else _ = MpiNative.Abort(library.World, Environment.ExitCode);
    }

    private void Begin()
    {
        int provided, found, value;
        MpiLibrary.Check(MpiNative.InitThread(null, null, Funneled, &provided), "MPI_Init_thread");
        if (provided < Funneled) throw new MpiException($"found an MPI of thread level {provided} ({library.Version}); expected at least {Funneled} (MPI_THREAD_FUNNELED)");
        MpiLibrary.Check(MpiNative.CommSetErrorHandler(library.World, library.ErrorsReturn), "MPI_Comm_set_errhandler");
        MpiLibrary.Check(MpiNative.CommRank(library.World, &value), "MPI_Comm_rank");
        Rank = value;
        MpiLibrary.Check(MpiNative.CommSize(library.World, &value), "MPI_Comm_size");
        Size = value;
        int* limit;
        MpiLibrary.Check(MpiNative.CommGetAttribute(library.World, TagUpperBound, &limit, &found), "MPI_Comm_get_attr");
        TagLimit = found != 0 ? *limit : short.MaxValue; // what every MPI has
    }

    private void Serve()
    {
        var pace = new MpiPace(bell);
        Func<bool> hasNews = () => ending || serving != wanted || serving is { HasPosts: true };
        while (!ending)
        {
            if (serving != wanted) Switch();
            if (serving?.Advance() == true) pace.Moved();
            else pace.Rest(serving, hasNews);
        }
    }

    private void Switch()
    {
        serving?.Detached();
        serving = wanted;
        switched.Set();
    }

    /// <summary>The process ends.</summary>
    private void End()
    {
        if (!started.Task.IsCompletedSuccessfully) return;
        ending = true;
        Wake();
        thread.Join(goodbye);
    }
}
