namespace AlexNetParallel.Cli.Tests.Scripts;

public sealed class AlexnetScriptTests : IDisposable
{
    private readonly FakeCheckout checkout = new();

    public void Dispose() => checkout.Dispose();

    [Fact]
    public async Task It_builds_once_and_passes_arguments_and_exit_code_on()
    {
        var (code, output, error) = await checkout.RunAsync("train", "a b", "*", "");
        Assert.Equal((0, "<train><a b><*><>"), (code, output));
        Assert.StartsWith("Building alexnet", error, StringComparison.Ordinal);
        checkout.Environment["FAKE_CODE"] = "130";
        (code, _, error) = await checkout.RunAsync("train");
        Assert.Equal((130, "", 1), (code, error, checkout.Builds));
    }

    [Fact]
    public async Task It_builds_again_when_a_source_was_changed_added_or_removed()
    {
        await checkout.RunAsync();
        await Task.Delay(20);
        checkout.Write("src/A/A.cs", "changed");
        await checkout.RunAsync();
        Assert.Equal(2, checkout.Builds);
        await Task.Delay(20);
        checkout.Write("src/A/C.cs", "added");
        await checkout.RunAsync();
        Assert.Equal(3, checkout.Builds);
        await Task.Delay(20);
        File.Delete(Path.Combine(checkout.Root, "src/A/B.cs"));
        await checkout.RunAsync();
        Assert.Equal(4, checkout.Builds);
        await checkout.RunAsync();
        Assert.Equal(4, checkout.Builds);
    }

    [Fact]
    public async Task A_source_that_changes_during_the_build_is_built_next_time()
    {
        checkout.Environment["FAKE_SECONDS"] = "1";
        var first = checkout.RunAsync();
        while (checkout.Builds == 0) await Task.Delay(10);
        checkout.Write("src/A/A.cs", "changed meanwhile");
        await first;
        await checkout.RunAsync();
        Assert.Equal(2, checkout.Builds);
    }

    [Fact]
    public async Task Concurrent_runs_build_once()
    {
        checkout.Environment["FAKE_SECONDS"] = "0.5";
        var runs = await Task.WhenAll(Enumerable.Range(0, 5).Select(i => checkout.RunAsync($"{i}")));
        Assert.Equal(1, checkout.Builds);
        Assert.Equal(["<0>", "<1>", "<2>", "<3>", "<4>"], runs.Select(r => r.Output));
    }

    [Fact]
    public async Task A_failed_build_shows_each_complaint_once_and_is_tried_again()
    {
        checkout.Environment["FAKE_ERRORS"] = $"{checkout.Root}/src/A/A.cs(3,5): error CS0103: no such name [{checkout.Root}/src/A/A.csproj]\n{checkout.Root}/src/A/A.cs(3,5): error CS0103: no such name [{checkout.Root}/src/A/A.csproj]";
        var (code, output, error) = await checkout.RunAsync();
        Assert.Equal((1, ""), (code, output));
        Assert.Contains("alexnet: the build failed.\nsrc/A/A.cs(3,5): error CS0103: no such name\n  Full log: artifacts/build.log", error, StringComparison.Ordinal);
        checkout.Environment.Remove("FAKE_ERRORS");
        Assert.Equal(0, (await checkout.RunAsync()).Code);
        Assert.Equal(2, checkout.Builds);
    }

    [Fact]
    public async Task Packages_that_cannot_be_fetched_are_explained()
    {
        checkout.Environment["FAKE_ERRORS"] = "/x/A.csproj : error NU1301: Unable to load the service index";
        var (code, _, error) = await checkout.RunAsync();
        Assert.Equal(1, code);
        Assert.Contains("packages that the build needs could not be fetched", error, StringComparison.Ordinal);
        Assert.Contains("NU1301", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_sdk_is_explained()
    {
        checkout.Environment["FAKE_SDKS"] = "8.0.100 [/nowhere]";
        var (code, _, error) = await checkout.BashAsync("dotnet_places=(); find_dotnet");
        Assert.Equal(1, code);
        Assert.Contains("the .NET 10 SDK is needed to build, and was not found", error, StringComparison.Ordinal);
        Assert.Contains("8.0.100", error, StringComparison.Ordinal);
    }
}
