using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AlexNetParallel.Devices.Cuda;

/// <summary>The arguments of one launch, in the order of the kernel's parameters; on the stack.</summary>
internal unsafe struct KernelArguments
{
    private const int Capacity = 640;
    private const int MostArguments = 40;
    private fixed ulong bytes[Capacity / sizeof(ulong)];
    private fixed ushort offsets[MostArguments];
    private int used;

    /// <summary>Number of arguments.</summary>
    public int Count { get; private set; }

    /// <summary>Adds an argument. Its type must have the size of the kernel's parameter.</summary>
    [UnscopedRef]
    public ref KernelArguments Add<T>(T value) where T : unmanaged
    {
        // Every argument begins at a multiple of 8, which suits all types in use.
        if (used + sizeof(T) > Capacity || Count == MostArguments) throw new InvalidOperationException("too many arguments for a kernel");
        Unsafe.WriteUnaligned(ref Unsafe.AddByteOffset(ref Unsafe.As<ulong, byte>(ref bytes[0]), used), value);
        offsets[Count++] = (ushort)used;
        used += (sizeof(T) + 7) / 8 * 8;
        return ref this;
    }

    /// <summary>Writes the address of each argument. The arguments must not move until the launch has returned.</summary>
    public readonly void Addresses(byte* first, void** pointers)
    {
        for (var i = 0; i < Count; i++) pointers[i] = first + offsets[i];
    }

    /// <summary>The first byte of the first argument.</summary>
    [UnscopedRef]
    public ref byte Start => ref Unsafe.As<ulong, byte>(ref bytes[0]);
}

/// <summary>A kernel's "View" (kernels/README.md): where the elements of a view of a run of blocks lie.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KernelView(nint Origin, nint Channels, long BlockStride, int RowStride, int Reserved);

/// <summary>A kernel's "Box": a <see cref="Model.Tensors.StridedBox"/>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct KernelBox(long Offset, int Planes, int Rows, int RowLength, int Reserved, long PlaneStride, long RowStride)
{
    public static KernelBox Of(in Model.Tensors.StridedBox box) => new(box.Offset, box.Planes, box.Rows, box.RowLength, 0, box.PlaneStride, box.RowStride);
}
