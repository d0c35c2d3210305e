namespace AlexNetParallel.Rpc.Runtime;

/// <summary>A stream of messages that can be read without an object for each read.</summary>
internal interface IValueStreamReader<out T>
{
    /// <summary>As <see cref="Grpc.Core.IAsyncStreamReader{T}.MoveNext"/>.</summary>
    ValueTask<bool> MoveNextValueAsync(CancellationToken cancellationToken);
}

/// <summary>A stream of messages that can be written without an object for each write.</summary>
internal interface IValueStreamWriter<in T>
{
    /// <summary>As <see cref="Grpc.Core.IAsyncStreamWriter{T}.WriteAsync(T)"/>.</summary>
    ValueTask WriteValueAsync(T message, CancellationToken cancellationToken);
}
