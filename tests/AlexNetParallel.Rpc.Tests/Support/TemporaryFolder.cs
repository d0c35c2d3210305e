namespace AlexNetParallel.Rpc.Tests.Support;

/// <summary>A folder that goes when the test does.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("rpc-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
