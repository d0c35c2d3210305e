using System.Globalization;
using AlexNetParallel.Exchange.Benchmarks;
using AlexNetParallel.Training.Benchmarks;

namespace AlexNetParallel.Cli.Output;

/// <summary>The rows of `alexnet bench comm` for a spreadsheet: the names of the JSON's fields, seconds and bytes.</summary>
internal static class CommunicationCsv
{
    public static void Write(string file, IReadOnlyList<ExchangeReport> reports, IReadOnlyDictionary<(string Layer, string Direction), IReadOnlyList<double>> limits)
    {
        var lines = new List<string>
        {
            $"layer,direction,transport,bytes,overhead_bytes,seconds_p50,seconds_p95,exposed_seconds,hidden_seconds,share_of_step,wrong,{string.Join(',', RawLimits.Ways.Concat(["grpc_cpp_unix", "grpc_cpp_tcp"]).Take(limits[("all", "")].Count).Select(w => $"{w}_seconds"))}",
        };
        foreach (var row in reports.SelectMany(r => r.Rows))
        {
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{row.Layer},{row.Direction},{row.Transport},{row.Bytes},{row.OverheadBytes},{row.SecondsP50},{row.SecondsP95},{row.ExposedSeconds},{row.HiddenSeconds},{row.ShareOfStep},{row.Wrong},")
                + string.Join(',', limits[(row.Layer, row.Direction)].Select(s => s.ToString(CultureInfo.InvariantCulture))));
        }
        File.WriteAllLines(file, lines);
    }
}
