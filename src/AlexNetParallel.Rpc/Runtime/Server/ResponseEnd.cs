using System.Globalization;
using AlexNetParallel.Rpc.Runtime.Wire;
using AlexNetParallel.Rpc.Wire;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>Writes status and trailers: as trailers, or as headers alone ("Trailers-Only") where an error comes before anything was sent.</summary>
internal static class ResponseEnd
{
    /// <summary>Ends the response.</summary>
    public static async Task WriteAsync(HttpContext http, Status status, Metadata? trailers)
    {
        if (!http.Response.HasStarted && status.StatusCode == StatusCode.OK) await http.Response.StartAsync().ConfigureAwait(false);
        var headers = http.Response.HasStarted ? http.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers : http.Response.Headers;
        foreach (var entry in trailers ?? Metadata.Empty) headers.Append(entry.Key, MetadataHeaders.Value(entry));
        headers["grpc-status"] = ((int)status.StatusCode).ToString(CultureInfo.InvariantCulture);
        if (!string.IsNullOrEmpty(status.Detail)) headers["grpc-message"] = PercentEncoding.Encode(status.Detail);
    }

    /// <summary>Answers a request for something that is not there.</summary>
    public static Task UnimplementedAsync(HttpContext http)
    {
        if (!ServerCall.Accept(http)) return Task.CompletedTask;
        var parts = http.Request.Path.Value?.Split('/') ?? [];
        var detail = parts.Length == 3 ? $"There is no method '{parts[2]}' of a service '{parts[1]}' here." : $"'{http.Request.Path}' is not the path of a method.";
        return WriteAsync(http, new Status(StatusCode.Unimplemented, detail), null);
    }
}
