namespace AlexNetParallel.Data.Sharing;

/// <summary>The feed has ended before its time: the message says who ended it and why.</summary>
public sealed class FeedException(string message, Exception? inner = null) : Exception(message, inner);
