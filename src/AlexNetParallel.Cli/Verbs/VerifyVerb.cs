using System.CommandLine;
using AlexNetParallel.Cli.Output;
using AlexNetParallel.Training.Processes;
using AlexNetParallel.Training.Verification;

namespace AlexNetParallel.Cli.Verbs;

/// <summary>`alexnet verify`: the project's equalities, on a recipe of the user's choice.</summary>
internal sealed class VerifyVerb : Command
{
    public VerifyVerb() : base("verify", "Shows that split equals whole, resumed equals uninterrupted, and counted bytes equal the plan's")
    {
        Add(new EqualityVerb("split", "Trains on one worker and on the recipe's workers: the same weights, bit for bit",
            (verifier, request, steps, stop) => verifier.SplitAsync(request.Recipe, steps, stop)));
        Add(new EqualityVerb("resume", "Trains without a break and resumed half-way: the same weights, bit for bit",
            (verifier, request, steps, stop) => verifier.ResumeAsync(request.Recipe, steps, stop)));
        Add(new BytesVerb());
    }

    private const int DefaultSteps = 20;

    private static Verifier Make(VerbContext context, RunRequest request, MachineArguments machine) =>
        new(ProgramCommand.Current, machine.WorkerArguments(context), request.Transport, line => context.Log.WriteLine(line));

    private static async Task<int> GuardAsync(VerbContext context, Func<CancellationToken, Task<int>> run)
    {
        using var interruption = new Interruption(_ => context.Complain("interrupted; the workers are being stopped"), () => { });
        try
        {
            return await run(interruption.Token).ConfigureAwait(false);
        }
        catch (VerificationException e)
        {
            context.Complain(e.Message);
            return ExitCode.Failed;
        }
    }

    private sealed class EqualityVerb : Verb
    {
        private readonly RunArguments arguments = new();
        private readonly MachineArguments machine = new();
        private readonly Func<Verifier, RunRequest, int, CancellationToken, Task<Equality>> compare;

        public EqualityVerb(string name, string description, Func<Verifier, RunRequest, int, CancellationToken, Task<Equality>> compare) : base(name, description)
        {
            this.compare = compare;
            foreach (var option in arguments.ForVerification.Concat(machine.All)) Options.Add(option);
        }

        public override IReadOnlyList<(string Command, string Does)> Examples =>
        [
            ($"./alexnet verify {Name}", $"the quickstart, {DefaultSteps} steps"),
            ($"./alexnet verify {Name} --recipe quickstart --network quickstart-four-pairs --workers 4 --transport grpc", "four towers on four workers over gRPC"),
        ];

        protected override Task<int> RunAsync(VerbContext context) => VerifyVerb.GuardAsync(context, async stop =>
        {
            var request = arguments.Resolve(context);
            var steps = (int)(arguments.Steps(context) ?? DefaultSteps);
            var equality = await compare(Make(context, request, machine), request, steps, stop).ConfigureAwait(false);
            if (equality.Difference is not { } d)
            {
                if (context.Json) context.Results.Json(new { equal = true, steps, weights_sha256 = equality.WeightsSha256 });
                else context.Results.Line($"equal: every weight, bias and momentum after {steps} steps, bit for bit (weights SHA-256 {equality.WeightsSha256})");
                return ExitCode.Done;
            }
            if (context.Json) context.Results.Json(new { equal = false, tensor = d.Tensor, index = d.Index, a = d.A, b = d.B });
            else context.Results.Line($"not equal: {d.Tensor} differs first at element {d.Index}: {d.A:R} and {d.B:R}");
            return ExitCode.Failed;
        });
    }

    private sealed class BytesVerb : Verb
    {
        private readonly RunArguments arguments = new();
        private readonly MachineArguments machine = new();

        public BytesVerb() : base("bytes", "Counts the payload of every exchange in a run and compares it with the plan")
        {
            foreach (var option in arguments.ForVerification.Concat(machine.All)) Options.Add(option);
        }

        public override IReadOnlyList<(string Command, string Does)> Examples =>
            [("./alexnet verify bytes --transport grpc --steps 5", "the quickstart over gRPC")];

        protected override Task<int> RunAsync(VerbContext context) => VerifyVerb.GuardAsync(context, async stop =>
        {
            var request = arguments.Resolve(context);
            var steps = (int)(arguments.Steps(context) ?? DefaultSteps);
            var rows = await Make(context, request, machine).BytesAsync(request.Recipe, steps, stop).ConfigureAwait(false);
            var equal = rows.All(r => r.Planned == r.Counted);
            if (context.Json)
            {
                context.Results.Json(new { equal, steps, exchanges = rows.Select(r => new { layer = r.Layer, direction = r.Direction, planned = r.Planned, counted = r.Counted }) });
            }
            else
            {
                context.Results.Table($"payload in {steps} steps", ["layer", "direction", ">planned, bytes", ">counted, bytes"],
                    [.. rows.Select(r => (IReadOnlyList<string>)[r.Layer, r.Direction, r.Planned.ToString("N0", System.Globalization.CultureInfo.InvariantCulture), r.Counted.ToString("N0", System.Globalization.CultureInfo.InvariantCulture)])]);
                context.Results.Line(equal ? "equal, to the byte" : "not equal");
            }
            return equal ? ExitCode.Done : ExitCode.Failed;
        });
    }
}
