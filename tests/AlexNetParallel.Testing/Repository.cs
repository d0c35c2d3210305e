using Xunit;

namespace AlexNetParallel.Testing;

/// <summary>Where the repository's root and the data beside it (../shared) lie on this machine.</summary>
public static class Repository
{
    /// <summary>The folder that holds AlexNetParallel.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>A file or folder of the repository.</summary>
    public static string Path(params string[] parts) => System.IO.Path.Combine([Root, .. parts]);

    /// <summary>A file or folder of ../shared; it may be missing.</summary>
    public static string Shared(params string[] parts) =>
        System.IO.Path.GetFullPath(System.IO.Path.Combine([Root, "..", "shared", .. parts]));

    /// <summary>The same, and skips the running test by name where it is missing. The test needs [SkippableFact] or [SkippableTheory].</summary>
    public static string RequireShared(params string[] parts)
    {
        var path = Shared(parts);
        Skip.IfNot(System.IO.Path.Exists(path), $"needs ../shared/{string.Join('/', parts)}, which is not here");
        return path;
    }

    private static string FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "AlexNetParallel.sln"))) return folder.FullName;
        }
        throw new DirectoryNotFoundException($"no folder above {AppContext.BaseDirectory} holds AlexNetParallel.sln: run the tests from a checkout");
    }
}
