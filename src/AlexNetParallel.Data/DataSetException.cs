namespace AlexNetParallel.Data;

/// <summary>A data set cannot be used: the message says what was found, what was expected and what to do, in one or two sentences.</summary>
public sealed class DataSetException(string message, Exception? inner = null) : Exception(message, inner);
