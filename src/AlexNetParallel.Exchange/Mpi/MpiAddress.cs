using System.Globalization;

namespace AlexNetParallel.Exchange.Mpi;

/// <summary>Where a worker is in an MPI job: "mpi:JOB:RANK".</summary>
/// <param name="Job">What tells the job from others; empty where the launcher does not say.</param>
/// <param name="Rank">Its rank in MPI_COMM_WORLD; need not be the worker's own.</param>
internal readonly record struct MpiAddress(string Job, int Rank)
{
    private const string Scheme = "mpi:";

    /// <summary>The opposite of <see cref="ToString"/>.</summary>
    public static bool TryParse(string text, out MpiAddress address)
    {
        address = default;
        var colon = text.LastIndexOf(':');
        if (!text.StartsWith(Scheme, StringComparison.Ordinal) || colon < Scheme.Length || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var rank)) return false;
        address = new MpiAddress(text[Scheme.Length..colon], rank);
        return true;
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Scheme}{Job}:{Rank}");
}
