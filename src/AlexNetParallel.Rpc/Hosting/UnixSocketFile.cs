using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace AlexNetParallel.Rpc.Hosting;

/// <summary>The file of a Unix socket: it is its owner's alone, and it outlives a server that was killed.</summary>
internal static class UnixSocketFile
{
    /// <summary>Makes the path free to listen on: a socket on which nobody listens any more is removed.</summary>
    /// <exception cref="IOException">Another server listens there, or the file is no socket.</exception>
    public static UnixDomainSocketEndPoint Claim(string path)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);
        if (!File.Exists(path)) return endPoint;
        // A socket has no contents and a file that somebody wants has some; .NET has no plainer question to ask.
        if (new FileInfo(path).Length > 0) throw new IOException($"Cannot listen on unix:{path}: the file exists and is no socket. Choose another path.");
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
        {
            File.Delete(path);
            return endPoint;
        }

        throw new IOException($"Cannot listen on unix:{path}: another server listens there. Stop it or choose another path.");
    }

    /// <summary>Binds a socket; one of the Unix kind may be opened by its owner alone from before its first connection.</summary>
    public static Socket Bind(EndPoint endPoint)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
        if (endPoint is UnixDomainSocketEndPoint && !OperatingSystem.IsWindows())
            File.SetUnixFileMode(endPoint.ToString()!, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return socket;
    }
}
