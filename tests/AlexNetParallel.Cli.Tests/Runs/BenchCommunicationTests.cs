using System.Globalization;
using System.Xml.Linq;

namespace AlexNetParallel.Cli.Tests.Runs;

public sealed class BenchCommunicationTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("alexnet-test-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public async Task Every_exchange_is_timed_checked_and_set_beside_raw_limits()
    {
        var (code, all, error) = await AlexnetProcess.RunAsync(folder, "bench", "comm", "--compare", "peer,grpc,grpc-unix", "--repeats", "50", "--steps", "3", "--csv", "comm.csv", "--chart", "comm.svg");
        Assert.True(code == 0, error);
        var trips = all.Where(l => l.TryGetProperty("round_trip", out _)).ToList();
        Assert.Equal(["peer", "grpc", "grpc-unix", "raw-unix", "raw-tcp"], trips.Select(t => t.GetProperty("round_trip").GetString()).Where(n => !n!.StartsWith("grpc-c++", StringComparison.Ordinal)));
        Assert.All(trips, t => Assert.InRange(t.GetProperty("seconds_p50").GetDouble(), 1e-7, 1));
        var lines = all.Except(trips).ToList();
        var rows = lines.GroupBy(l => l.GetProperty("transport").GetString()!).ToList();
        Assert.Equal(["peer", "grpc", "grpc-unix"], rows.Select(r => r.Key));
        foreach (var transport in rows)
        {
            Assert.Equal("all", transport.Last().GetProperty("layer").GetString());
            Assert.Equal(transport.Last().GetProperty("bytes").GetInt64(), transport.SkipLast(1).Sum(r => r.GetProperty("bytes").GetInt64()));
            // 16 maps of 8×8 pixels of 64 images in float32, of the other tower.
            var conv3 = transport.Single(r => r.GetProperty("layer").GetString() == "conv3" && r.GetProperty("direction").GetString() == "forward");
            Assert.Equal(16 * 8 * 8 * 64 * 4, conv3.GetProperty("bytes").GetInt64());
            foreach (var row in transport)
            {
                Assert.Equal(0, row.GetProperty("wrong").GetInt64());
                Assert.InRange(row.GetProperty("seconds_p95").GetDouble(), row.GetProperty("seconds_p50").GetDouble(), 10);
                Assert.True(row.GetProperty("bytes_per_second").GetDouble() > 0);
                foreach (var name in (string[])["of_memcpy", "of_unix", "of_tcp", "exposed_seconds", "hidden_seconds", "share_of_step", "overhead_bytes"]) Assert.True(row.GetProperty(name).GetDouble() >= 0, name);
            }
        }
        var csv = await File.ReadAllLinesAsync(Path.Combine(folder, "comm.csv"));
        Assert.StartsWith("layer,direction,transport,bytes,", csv[0], StringComparison.Ordinal);
        Assert.Equal(lines.Select(l => l.GetProperty("bytes").GetInt64()), csv.Skip(1).Select(l => long.Parse(l.Split(',')[3], CultureInfo.InvariantCulture)));
        CheckChart(Path.Combine(folder, "comm.svg"));
    }

    private static void CheckChart(string file)
    {
        var texts = XDocument.Load(file).Descendants().Where(e => e.Name.LocalName == "text").Select(e => e.Value).ToList();
        string[] expected = ["conv3 forward", "conv3 backward", "peer", "grpc", "grpc-unix", "payload that a worker sends in a step, MB", "time by itself, ms (median)", "not hidden in a training step, ms"];
        Assert.All(expected, text => Assert.Contains(text, texts));
    }

    [Theory]
    [InlineData("--compare", "pigeon", "found 'pigeon' for --compare; expected some of peer, grpc")]
    [InlineData("--workers", "1", "nothing crosses with partition 'paper' on 1 worker(s)")]
    public async Task What_cannot_be_measured_is_said(string option, string value, string message)
    {
        var (code, lines, error) = await AlexnetProcess.RunAsync(folder, "bench", "comm", option, value);
        Assert.Equal(2, code);
        Assert.Empty(lines);
        Assert.Contains(message, error, StringComparison.Ordinal);
    }
}
