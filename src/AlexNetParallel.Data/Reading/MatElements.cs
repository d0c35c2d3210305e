using System.Buffers.Binary;
using System.Text;

namespace AlexNetParallel.Data.Reading;

/// <summary>The data elements of a MATLAB file one after another: a tag with type and size, the bytes, and what fills them up to a multiple of eight.</summary>
internal ref struct MatElements(ReadOnlySpan<byte> bytes)
{
    /// <summary>Bytes of a tag.</summary>
    public const int TagBytes = 8;

    private const int CompressedType = 15;

    /// <summary>What has not been read.</summary>
    public ReadOnlySpan<byte> Rest { get; private set; } = bytes;

    /// <summary>No element follows.</summary>
    public readonly bool IsAtEnd => Rest.IsEmpty;

    /// <summary>The next element.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is longer than what is there.</exception>
    public MatElement Next()
    {
        if (Rest.Length < TagBytes) throw new InvalidDataException($"it ends where an element should begin ({Rest.Length} bytes left)");
        var first = BinaryPrimitives.ReadUInt32LittleEndian(Rest);
        MatElement element;
        if (first >> 16 != 0)
        {
            // Four bytes or less lie within the tag, their number in its upper half.
            if (first >> 16 > 4) throw new InvalidDataException($"a small element has {first >> 16} bytes");
            element = new MatElement((int)(first & 0xFFFF), Rest.Slice(4, (int)(first >> 16)));
            Rest = Rest[TagBytes..];
            return element;
        }
        var size = BinaryPrimitives.ReadUInt32LittleEndian(Rest[4..]);
        Rest = Rest[TagBytes..];
        if (size > Rest.Length) throw new InvalidDataException($"an element of {size} bytes, {Rest.Length} are left");
        element = new MatElement((int)first, Rest[..(int)size]);
        var filled = element.Type == CompressedType ? (int)size : (int)Math.Min(Rest.Length, (size + 7L) / 8 * 8);
        Rest = Rest[filled..];
        return element;
    }
}

/// <summary>One data element.</summary>
internal readonly ref struct MatElement(int type, ReadOnlySpan<byte> data)
{
    /// <summary>The type, as the format numbers them.</summary>
    public int Type => type;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Data { get; } = data;

    /// <summary>Type and bytes.</summary>
    public void Deconstruct(out int typeOf, out ReadOnlySpan<byte> dataOf)
    {
        typeOf = type;
        dataOf = Data;
    }

    /// <summary>The characters.</summary>
    /// <exception cref="InvalidDataException">They are none.</exception>
    public string Text() => type switch
    {
        1 or 2 or 16 => Encoding.UTF8.GetString(Data),        // 8-bit numbers, UTF-8
        4 or 17 => Encoding.Unicode.GetString(Data),          // 16-bit numbers, UTF-16
        18 => Encoding.UTF32.GetString(Data),
        _ => throw new InvalidDataException($"characters of type {type}"),
    };

    /// <summary>The first number: MATLAB stores whole numbers in the smallest type that holds them.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public double FirstNumber()
    {
        var size = type switch { 1 or 2 => 1, 3 or 4 => 2, 5 or 6 or 7 => 4, 9 or 12 or 13 => 8, _ => throw new InvalidDataException($"numbers of type {type}") };
        if (Data.Length < size) throw new InvalidDataException($"a number of {Data.Length} bytes, expected {size}");
        return type switch
        {
            1 => (sbyte)Data[0],
            2 => Data[0],
            3 => BinaryPrimitives.ReadInt16LittleEndian(Data),
            4 => BinaryPrimitives.ReadUInt16LittleEndian(Data),
            5 => BinaryPrimitives.ReadInt32LittleEndian(Data),
            6 => BinaryPrimitives.ReadUInt32LittleEndian(Data),
            7 => BinaryPrimitives.ReadSingleLittleEndian(Data),
            9 => BinaryPrimitives.ReadDoubleLittleEndian(Data),
            12 => BinaryPrimitives.ReadInt64LittleEndian(Data),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(Data),
        };
    }
}
