using System.Diagnostics;
using AlexNetParallel.Testing;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Cli.Tests.Cluster;

/// <summary>cluster/kubernetes.yaml: against the published schemas, and against what the program takes.</summary>
public sealed class KubernetesTests
{
    private static readonly string Checks = Repository.Path("tests", "AlexNetParallel.Cli.Tests", "Cluster", "Kubernetes");

    private static string Manifest => Repository.Path("cluster", "kubernetes.yaml");

    [SkippableFact]
    public void The_manifests_keep_to_the_schemas_of_Kubernetes()
    {
        Skip.IfNot(Directory.Exists(Path.Combine(Checks, "node_modules", "kubernetes-models")), "needs npm's kubernetes-models, which ./test installs");
        var (code, said) = Validate(Manifest);
        Assert.True(code == 0, said);
        Assert.Equal(["Service alexnet-coordinator", "PersistentVolumeClaim alexnet-runs", "Job alexnet-coordinator", "Job alexnet-worker"], said.Trim().Split('\n'));
    }

    [SkippableFact]
    public void The_check_finds_what_is_wrong()
    {
        Skip.IfNot(Directory.Exists(Path.Combine(Checks, "node_modules", "kubernetes-models")), "needs npm's kubernetes-models, which ./test installs");
        var wrong = Path.GetTempFileName();
        File.WriteAllText(wrong, File.ReadAllText(Manifest).Replace("completions: 2", "completions: two", StringComparison.Ordinal));
        var (code, said) = Validate(wrong);
        File.Delete(wrong);
        Assert.NotEqual(0, code);
        Assert.Contains("must be integer", said, StringComparison.Ordinal);
    }

    /// <summary>Schemas do not know what belongs together.</summary>
    [Fact]
    public void What_refers_to_something_finds_it()
    {
        var (service, claim, coordinator, worker) = (Document("Service", "alexnet-coordinator"), Document("PersistentVolumeClaim", "alexnet-runs"), Document("Job", "alexnet-coordinator"), Document("Job", "alexnet-worker"));
        Assert.Equal(At(service, "spec", "selector"), At(coordinator, "spec", "template", "metadata", "labels"));
        Assert.Equal(Text(service, "spec", "ports", "0", "port"), Text(coordinator, "spec", "template", "spec", "containers", "0", "ports", "0", "containerPort"));
        foreach (var job in new[] { coordinator, worker })
        {
            Assert.Equal(Text(claim, "metadata", "name"), Text(job, "spec", "template", "spec", "volumes", "0", "persistentVolumeClaim", "claimName"));
            Assert.Equal("OnFailure", Text(job, "spec", "template", "spec", "restartPolicy"));
        }
        Assert.Equal("Indexed", Text(worker, "spec", "completionMode"));
        Assert.Equal(Text(worker, "spec", "completions"), Text(worker, "spec", "parallelism"));
        Assert.Contains($"--workers={Text(worker, "spec", "completions")}", Arguments(coordinator));
        Assert.Contains($"--coordinator={Text(service, "metadata", "name")}:{Text(service, "spec", "ports", "0", "port")}", Arguments(worker));
        Assert.Contains($"--listen=*:{Text(worker, "spec", "template", "spec", "containers", "0", "ports", "0", "containerPort")}", Arguments(worker));
    }

    [Theory]
    [InlineData("alexnet-coordinator")]
    [InlineData("alexnet-worker")]
    public void The_program_takes_the_arguments(string job)
    {
        var arguments = Arguments(Document("Job", job)).Select(a => a.Replace("$(RANK)", "1", StringComparison.Ordinal).Replace("$(ADDRESS)", "10.0.0.7", StringComparison.Ordinal));
        Assert.Empty(CommandLine.Create().Parse([.. arguments]).Errors);
        Assert.NotEmpty(CommandLine.Create().Parse([.. arguments, "--no-such-option"]).Errors);
    }

    private static (int Code, string Said) Validate(string file)
    {
        using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(Checks, "validate.cjs"), file]) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = node.StandardError.ReadToEndAsync();
        var output = node.StandardOutput.ReadToEnd();
        node.WaitForExit();
        return (node.ExitCode, output + error.Result);
    }

    private static IReadOnlyList<string> Arguments(YamlNode job) => [.. ((YamlSequenceNode)At(job, "spec", "template", "spec", "containers", "0", "args")).Select(a => ((YamlScalarNode)a).Value!)];

    private static YamlNode Document(string kind, string name)
    {
        var file = new YamlStream();
        using var text = File.OpenText(Manifest);
        file.Load(text);
        return Assert.Single(file.Documents, d => Text(d.RootNode, "kind") == kind && Text(d.RootNode, "metadata", "name") == name).RootNode;
    }

    private static string Text(YamlNode node, params string[] path) => ((YamlScalarNode)At(node, path)).Value!;

    private static YamlNode At(YamlNode node, params string[] path) =>
        path.Aggregate(node, (at, key) => at is YamlSequenceNode list ? list[int.Parse(key, System.Globalization.CultureInfo.InvariantCulture)] : at[key]);
}
