namespace Grpc.Core;

/// <summary>A call that did not end with <see cref="StatusCode.OK"/>. A handler throws it to choose the status that its caller sees.</summary>
public class RpcException : Exception
{
    /// <summary>A failed call.</summary>
    public RpcException(Status status) : this(status, [], status.ToString())
    {
    }

    /// <summary>A failed call with a message of its own.</summary>
    public RpcException(Status status, string message) : this(status, [], message)
    {
    }

    /// <summary>A failed call with trailers.</summary>
    public RpcException(Status status, Metadata trailers) : this(status, trailers, status.ToString())
    {
    }

    /// <summary>A failed call with trailers and a message of its own.</summary>
    public RpcException(Status status, Metadata trailers, string message) : base(message, status.DebugException)
    {
        ArgumentNullException.ThrowIfNull(trailers);
        Status = status;
        Trailers = trailers;
    }

    /// <summary>Code and sentence.</summary>
    public Status Status { get; }

    /// <summary>The code.</summary>
    public StatusCode StatusCode => Status.StatusCode;

    /// <summary>Metadata that came (or is to be sent) at the end of the call.</summary>
    public Metadata Trailers { get; }
}
