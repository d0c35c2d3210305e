namespace AlexNetParallel.Model.Files;

/// <summary>
/// Finds network, partition and recipe files by name or by path. Names are those of the files in the folder "recipes" that stands beside the program
/// or above it (in a checkout, at its root).
/// </summary>
public static class RecipeFolder
{
    private const string Extension = ".yaml";

    /// <summary>The folder "recipes", or null where there is none.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>Path of a recipe given by name ("quickstart") or path.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static string Recipe(string nameOrPath) => Find("recipe", "", nameOrPath, null);

    /// <summary>Path of a network given by name ("alexnet-2012") or path.</summary>
    /// <param name="nameOrPath">A name, or a path (with a slash, or ending in .yaml).</param>
    /// <param name="folder">Where a relative path begins, by default the current folder; names are looked for in its "networks" first.</param>
    /// <exception cref="RecipeException">There is none.</exception>
    public static string Network(string nameOrPath, string? folder = null) => Find("network", "networks", nameOrPath, folder);

    /// <summary>Path of a partition given by name ("paper") or path.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static string Partition(string nameOrPath, string? folder = null) => Find("partition", "partitions", nameOrPath, folder);

    /// <summary>Path of a machine given by name ("v100") or path.</summary>
    /// <exception cref="RecipeException">There is none.</exception>
    public static string Machine(string nameOrPath) => Find("machine", "machines", nameOrPath, null);

    private static string Find(string subject, string subfolder, string nameOrPath, string? folder)
    {
        var isPath = nameOrPath.Contains('/') || nameOrPath.EndsWith(Extension, StringComparison.OrdinalIgnoreCase)
            || nameOrPath.EndsWith(".yml", StringComparison.OrdinalIgnoreCase);
        if (isPath)
        {
            var path = folder is null ? nameOrPath : Path.Combine(folder, nameOrPath);
            return File.Exists(path) ? path : throw new RecipeException(path, 0, "no such file", $"the path of a {subject}");
        }
        var found = ((IEnumerable<string?>)[folder, Root]).Where(f => f is not null).Select(f => Path.Combine(f!, subfolder)).Where(Directory.Exists)
            .SelectMany(f => Directory.EnumerateFiles(f, "*" + Extension)).ToArray();
        if (Array.Find(found, f => Path.GetFileNameWithoutExtension(f) == nameOrPath) is { } file) return file;
        var names = found.Select(f => Path.GetFileNameWithoutExtension(f)).Distinct().Order(StringComparer.Ordinal).ToArray();
        throw names.Length == 0
            ? new RecipeException($"{subject} '{nameOrPath}'", 0, "no folder 'recipes' beside the program or above it", $"the path of a {subject}")
            : new RecipeException($"{subject} '{nameOrPath}'", 0, $"no {subject} of that name{Words.DidYouMean(nameOrPath, names)}",
                $"the path of a {subject}, or one of {string.Join(", ", names)}");
    }

    private static string? FindRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            var candidate = Path.Combine(folder.FullName, "recipes");
            if (Directory.Exists(Path.Combine(candidate, "networks"))) return candidate;
        }
        return null;
    }
}
