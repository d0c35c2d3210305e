using System.CommandLine;
using AlexNetParallel.Cli.Machine;
using AlexNetParallel.Devices.Cuda;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet doctor`: what this machine has and lacks.</summary>
internal sealed class DoctorVerb : Verb
{
    private readonly Option<string?> driver = new("--driver") { Description = "Which CUDA driver to look at: NVIDIA's, or the software device's [default: real]", HelpName = "real|soft" };

    public DoctorVerb() : base("doctor", "Tells what this machine has and lacks")
    {
        driver.AcceptOnlyFromAmong("real", "soft");
        Options.Add(driver);
    }

    public override IReadOnlyList<(string Command, string Does)> Examples =>
    [
        ("./alexnet doctor", "a line for each thing that runs need; exit code 1 when one that all need is missing"),
        ("./alexnet doctor --driver soft", "the same with the software CUDA device in the place of a GPU"),
        ("./alexnet doctor --json", "the same for a script"),
    ];

    protected override Task<int> RunAsync(VerbContext context)
    {
        IReadOnlyList<Finding> findings = [.. Inspection.All(), .. CudaInspection.All(context.Get(driver) == "soft" ? CudaDriverKind.Soft : CudaDriverKind.Real)];
        if (context.Json)
        {
            foreach (var finding in findings) context.Results.Json(new { finding.Check, Status = finding.Status.ToString().ToLowerInvariant(), finding.Found, finding.Remedy });
        }
        else
        {
            context.Results.Table($"This machine ({Environment.MachineName})", ["", "check", "found"],
                [.. findings.Select(f => (IReadOnlyList<string>)[Mark(f.Status), f.Check, f.Remedy.Length > 0 ? $"{f.Found}: {f.Remedy}" : f.Found])]);
        }
        return Task.FromResult(findings.Any(f => f.Status == FindingStatus.Missing) ? ExitCode.Failed : ExitCode.Done);
    }

    private static string Mark(FindingStatus status) => status switch { FindingStatus.Ok => "ok", FindingStatus.Lacking => "lacks", _ => "MISSING" };
}
