namespace AlexNetParallel.Training.Verification;

/// <summary>Whether two runs came to the same parameters and momenta.</summary>
/// <param name="Steps">Training steps of each run.</param>
/// <param name="WeightsSha256">Hash of the first run's weights and biases.</param>
/// <param name="Difference">The first tensor and element that differ, with both values; null when there is none.</param>
public sealed record Equality(int Steps, string WeightsSha256, (string Tensor, long Index, float A, float B)? Difference)
{
    /// <summary>True when every bit is the same.</summary>
    public bool IsEqual => Difference is null;
}

/// <summary>Payload of one exchange over a run.</summary>
/// <param name="Layer">The layer that needs it.</param>
/// <param name="Direction">"forward", "backward", "reduce", "gather".</param>
/// <param name="Planned">Bytes by the plan.</param>
/// <param name="Counted">Bytes that the transports counted.</param>
public sealed record CountedExchange(string Layer, string Direction, long Planned, long Counted);

/// <summary>A verification could not be carried out.</summary>
public sealed class VerificationException(string message) : Exception(message);
