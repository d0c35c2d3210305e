namespace AlexNetParallel.Training.Weights;

/// <summary>A tensor as other programs have it: C order, last index fastest.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Shape">Sizes, slowest first.</param>
/// <param name="Values">The numbers.</param>
public sealed record NamedTensor(string Name, IReadOnlyList<long> Shape, float[] Values)
{
    /// <summary>"conv1.weight [96, 3, 11, 11]".</summary>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";
}

/// <summary>Weights that cannot be brought in or out: the message says what was found and what was expected.</summary>
public sealed class WeightsException(string message, Exception? inner = null) : Exception(message, inner);
