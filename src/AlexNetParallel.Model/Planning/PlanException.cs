namespace AlexNetParallel.Model.Planning;

/// <summary>A network, partition, batch and number of workers that do not fit together. The message says what was found and what would fit.</summary>
public sealed class PlanException(string message) : Exception(message);
