using System.Runtime.CompilerServices;

namespace Grpc.Core;

/// <summary>Messages that arrive. One read at a time.</summary>
public interface IAsyncStreamReader<out T>
{
    /// <summary>The message that <see cref="MoveNext"/> found.</summary>
    T Current { get; }

    /// <summary>Waits for the next message; false at the end of the stream.</summary>
    /// <exception cref="RpcException">The call ended with an error.</exception>
    Task<bool> MoveNext(CancellationToken cancellationToken);
}

/// <summary>Messages to send. One write at a time.</summary>
public interface IAsyncStreamWriter<in T>
{
    /// <summary>How messages are written from here on; only null has an effect here: compression is not built in.</summary>
    WriteOptions? WriteOptions { get; set; }

    /// <summary>Sends a message; done when it was handed on and the receiver's window let it through.</summary>
    /// <exception cref="RpcException">The call is over or broke.</exception>
    Task WriteAsync(T message);

    /// <summary>Sends a message; cancelling the token cancels the call.</summary>
    /// <exception cref="RpcException">The call is over or broke.</exception>
    Task WriteAsync(T message, CancellationToken cancellationToken) => WriteAsync(message);
}

/// <summary>Responses of a server.</summary>
public interface IServerStreamWriter<in T> : IAsyncStreamWriter<T>;

/// <summary>Requests of a client.</summary>
public interface IClientStreamWriter<in T> : IAsyncStreamWriter<T>
{
    /// <summary>Tells the server that no more requests follow.</summary>
    Task CompleteAsync();
}

/// <summary>Flags of <see cref="WriteOptions"/>.</summary>
[Flags]
public enum WriteFlags
{
    /// <summary>The message may wait for the next one before it is sent.</summary>
    BufferHint = 1,

    /// <summary>The message is not to be compressed.</summary>
    NoCompress = 2,
}

/// <summary>Hints on how to write a message.</summary>
public class WriteOptions(WriteFlags flags = default)
{
    /// <summary>No flags.</summary>
    public static readonly WriteOptions Default = new();

    /// <summary>The flags.</summary>
    public WriteFlags Flags { get; } = flags;
}

/// <summary>Lets <c>await foreach</c> read a stream.</summary>
public static class AsyncStreamReaderExtensions
{
    /// <summary>All messages to the end of the stream.</summary>
    /// <exception cref="RpcException">The call ended with an error.</exception>
    public static async IAsyncEnumerable<T> ReadAllAsync<T>(
        this IAsyncStreamReader<T> streamReader, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(streamReader);
        while (await streamReader.MoveNext(cancellationToken).ConfigureAwait(false)) yield return streamReader.Current;
    }
}
