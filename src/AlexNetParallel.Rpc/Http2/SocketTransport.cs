using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Rpc.Http2;

/// <summary>
/// A socket. Pieces of native memory go to the system as they lie, a thousand at a time (sendmsg(2), recvmsg(2)), which .NET's sockets do for arrays only; and threads wait in
/// the system call itself, so that nothing stands between the network and the thread that it concerns.
/// </summary>
internal sealed unsafe partial class SocketTransport : ByteTransport
{
    private const int DontWait = 0x40; // MSG_DONTWAIT
    private const int WaitAll = 0x100; // MSG_WAITALL
    private const int NoSignal = 0x4000; // MSG_NOSIGNAL
    private const int Interrupted = 4; // EINTR
    private const int WouldBlock = 11; // EAGAIN

    /// <summary>
    /// A Unix socket's sender sleeps until three quarters of what it has sent are read, so that with the system's default the two sides work by turns. The system may grant less. TCP finds its own size.
    /// </summary>
    private const int UnixSendBuffer = 1 << 20;

    private readonly Socket socket;
    private readonly int descriptor;

    /// <param name="socket">Connected; belongs to this from now on.</param>
    public SocketTransport(Socket socket)
    {
        this.socket = socket;
        socket.Blocking = true;
        if (socket.AddressFamily == AddressFamily.Unix) socket.SendBufferSize = UnixSendBuffer;
        var held = false;
        socket.SafeHandle.DangerousAddRef(ref held);
        descriptor = (int)socket.SafeHandle.DangerousGetHandle();
    }

    /// <inheritdoc/>
    public override long Receive(Piece* pieces, int count, bool all)
    {
        var message = new Message(pieces, count);
        while (true)
        {
            var got = ReceiveMessage(descriptor, &message, all ? WaitAll : 0);
            if (got >= 0) return got;
            var error = Marshal.GetLastPInvokeError();
            if (error != Interrupted) throw Broken(error);
        }
    }

    /// <inheritdoc/>
    public override long Send(Piece* pieces, int count, bool wait)
    {
        var (sent, first) = (0L, 0);
        while (first < count)
        {
            var message = new Message(pieces + first, Math.Min(count - first, MostPieces));
            var part = SendMessage(descriptor, &message, NoSignal | (wait ? 0 : DontWait));
            if (part >= 0)
            {
                sent += part;
                first = Piece.Skip(pieces, first, part);
                continue;
            }

            var error = Marshal.GetLastPInvokeError();
            if (error == Interrupted) continue;
            if (error == WouldBlock && !wait) break;
            throw Broken(error);
        }

        return sent;
    }

    /// <inheritdoc/>
    public override void Abort() => End(socket);

    /// <inheritdoc/>
    public override void Dispose()
    {
        socket.SafeHandle.DangerousRelease();
        socket.Dispose();
    }

    /// <summary>Ends a connection; whoever waits in it comes back.</summary>
    public static void End(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It has ended already.
        }
    }

    private static IOException Broken(int error) => new(Marshal.GetPInvokeErrorMessage(error));

    [LibraryImport("libc", EntryPoint = "sendmsg", SetLastError = true)]
    private static partial nint SendMessage(int socket, Message* message, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    private static partial nint ReceiveMessage(int socket, Message* message, int flags);

    /// <summary>struct msghdr of Linux with 64 bits.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Message(Piece* pieces, int count)
    {
        public nint Name;
        public long NameBytes;
        public Piece* Pieces = pieces;
        public nint Count = count;
        public nint Control;
        public nint ControlBytes;
        public long Flags;
    }
}
