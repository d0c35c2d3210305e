namespace AlexNetParallel.Rpc.Runtime.Server;

/// <summary>Longest messages of a server, in bytes; null for no limit but that of memory.</summary>
internal sealed record MessageLimits(int? ReceiveBytes, int? SendBytes);
