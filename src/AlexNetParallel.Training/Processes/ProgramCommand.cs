using System.Reflection;

namespace AlexNetParallel.Training.Processes;

/// <summary>How a program is started: a file and the arguments that come before its own.</summary>
/// <param name="File">Executable.</param>
/// <param name="Arguments">E.g. "exec" and the assembly, where the executable is dotnet.</param>
public sealed record ProgramCommand(string File, IReadOnlyList<string> Arguments)
{
    /// <summary>This same program, started as it was started itself: by its own executable, or by dotnet.</summary>
    /// <exception cref="InvalidOperationException">The system does not tell the executable's path.</exception>
    public static ProgramCommand Current
    {
        get
        {
            var executable = Environment.ProcessPath ?? throw new InvalidOperationException("the path of the running program is not known");
            return Path.GetFileNameWithoutExtension(executable) == "dotnet" ? ForAssembly(Assembly.GetEntryAssembly()!.Location, executable) : new(executable, []);
        }
    }

    /// <summary>An assembly with an entry point, run by dotnet.</summary>
    /// <param name="assembly">Path of the .dll.</param>
    /// <param name="dotnet">The executable dotnet; by default the one on PATH.</param>
    public static ProgramCommand ForAssembly(string assembly, string dotnet = "dotnet") => new(dotnet, ["exec", assembly]);
}
