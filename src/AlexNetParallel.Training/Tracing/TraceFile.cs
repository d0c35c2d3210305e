namespace AlexNetParallel.Training.Tracing;

/// <summary>
/// A file of trace events that is valid JSON at any moment: written aside and renamed, so that whoever is killed leaves the last whole one. Bounded: events beyond
/// its size are dropped, and it says so within. Chrome's JSON object format, which Perfetto and chrome://tracing open. Not thread-safe.
/// </summary>
internal sealed class TraceFile
{
    /// <summary>Largest size where nothing else is said: about 300,000 events.</summary>
    public const int StandardBytes = 64 << 20;

    private static ReadOnlySpan<byte> Head => "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n"u8;
    private static ReadOnlySpan<byte> Tail => "\n]}\n"u8;

    private readonly string path;
    private readonly int mostBytes;
    private readonly MemoryStream events = new();

    /// <param name="path">The file. It is written at once, without events.</param>
    /// <param name="mostBytes">What it may take.</param>
    public TraceFile(string path, int mostBytes = StandardBytes)
    {
        (this.path, this.mostBytes) = (path, mostBytes);
        Save();
    }

    /// <summary>Events that found no place.</summary>
    public long Dropped { get; private set; }

    /// <summary>Bytes of the file when it is saved.</summary>
    public long Bytes => Head.Length + events.Length + Tail.Length;

    /// <summary>Adds one event, a JSON object without line ends.</summary>
    public void Add(ReadOnlySpan<byte> json)
    {
        if (Dropped > 0 || Bytes + json.Length + 2 > mostBytes)
        {
            Dropped++;
            return;
        }
        if (events.Length > 0) events.Write(",\n"u8);
        events.Write(json);
    }

    /// <summary>Makes all events so far those of the file.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    public void Save()
    {
        var aside = path + ".new";
        using (var file = File.Create(aside))
        {
            file.Write(Head);
            file.Write(events.GetBuffer().AsSpan(0, (int)events.Length));
            file.Write(Tail);
        }
        File.Move(aside, path, overwrite: true);
    }
}
