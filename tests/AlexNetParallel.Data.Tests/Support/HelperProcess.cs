using System.Diagnostics;

namespace AlexNetParallel.Data.Tests.Support;

/// <summary>A run of <see cref="HelperProgram"/>; gone with the test.</summary>
internal sealed class HelperProcess : IDisposable
{
    private readonly Process process;

    public HelperProcess(params string[] arguments)
    {
        var start = new ProcessStartInfo(Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath! : "dotnet") { RedirectStandardOutput = true };
        foreach (var argument in (string[])["exec", typeof(HelperProgram).Assembly.Location, .. arguments]) start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
    }

    public int Id => process.Id;

    /// <summary>The next line that it writes.</summary>
    public string ReadLine()
    {
        var line = process.StandardOutput.ReadLineAsync();
        Assert.True(line.Wait(TimeSpan.FromSeconds(60)), "the helper process is silent");
        return line.Result ?? throw new EndOfStreamException("the helper process has ended");
    }

    /// <summary>All that it writes until it ends, and its exit code.</summary>
    public (string[] Lines, int ExitCode) Finish()
    {
        var output = process.StandardOutput.ReadToEndAsync();
        Assert.True(output.Wait(TimeSpan.FromSeconds(60)), "the helper process does not end");
        process.WaitForExit();
        return (output.Result.Split('\n', StringSplitOptions.RemoveEmptyEntries), process.ExitCode);
    }

    public void Kill() => process.Kill();

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.WaitForExit();
        process.Dispose();
    }
}
