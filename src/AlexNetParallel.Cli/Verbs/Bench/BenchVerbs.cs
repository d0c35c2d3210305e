using System.CommandLine;

namespace AlexNetParallel.Cli.Verbs.Bench;

/// <summary>`alexnet bench`: measures.</summary>
internal static class BenchVerbs
{
    public static Command Create() => new("bench", "Measures this machine and this program")
    {
        new BenchStepVerb(), new BenchOperationsVerb(), new BenchCommunicationVerb(), new BenchFeedVerb(), new BenchLimitsVerb(),
    };
}
