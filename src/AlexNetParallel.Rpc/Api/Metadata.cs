using System.Collections.ObjectModel;
using System.Text;

namespace Grpc.Core;

/// <summary>
/// Headers or trailers of a call: a list of names and values, in which a name may occur more than once. Names are kept in lower case. A name
/// that ends in "-bin" has bytes for a value, any other has ASCII text.
/// </summary>
public sealed class Metadata : Collection<Metadata.Entry>
{
    /// <summary>How the name of an entry with a binary value ends.</summary>
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>Metadata with no entries.</summary>
    /// <remarks>As in the official API this is one shared object; here a caller that adds to it gets an exception.</remarks>
    public static readonly Metadata Empty = new(frozen: true);

    private readonly bool _frozen;

    /// <summary>No entries yet.</summary>
    public Metadata()
    {
    }

    private Metadata(bool frozen) => _frozen = frozen;

    /// <summary>Adds a text value.</summary>
    public void Add(string key, string value) => Add(new Entry(key, value));

    /// <summary>Adds a binary value; the name must end in "-bin".</summary>
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    /// <summary>The last entry of that name, or null.</summary>
    public Entry? Get(string key)
    {
        for (var i = Count - 1; i >= 0; i--)
        {
            if (string.Equals(this[i].Key, key, StringComparison.OrdinalIgnoreCase)) return this[i];
        }

        return null;
    }

    /// <summary>The last text value of that name, or null.</summary>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The last value of that name as bytes, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    /// <summary>All entries of that name, in order.</summary>
    public IEnumerable<Entry> GetAll(string key) =>
        this.Where(entry => string.Equals(entry.Key, key, StringComparison.OrdinalIgnoreCase));

    /// <inheritdoc/>
    protected override void InsertItem(int index, Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        ThrowIfFrozen();
        base.InsertItem(index, item);
    }

    /// <inheritdoc/>
    protected override void SetItem(int index, Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        ThrowIfFrozen();
        base.SetItem(index, item);
    }

    private void ThrowIfFrozen()
    {
        if (_frozen) throw new InvalidOperationException("Metadata.Empty cannot be changed; make a new Metadata.");
    }

    /// <summary>One name with its value.</summary>
    public sealed class Entry
    {
        private readonly string? _text;
        private readonly byte[]? _bytes;

        /// <summary>A text value.</summary>
        /// <exception cref="ArgumentException">The name is not a header name, ends in "-bin", or the text is not printable ASCII.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normalize(key);
            if (IsBinary) throw new ArgumentException($"The name '{Key}' ends in '{BinaryHeaderSuffix}': its value must be bytes.", nameof(key));
            if (value.AsSpan().ContainsAnyExceptInRange(' ', '~'))
                throw new ArgumentException($"The value of '{Key}' holds a character that is not printable ASCII; use a '{BinaryHeaderSuffix}' name for such values.", nameof(value));
            _text = value;
        }

        /// <summary>A binary value.</summary>
        /// <exception cref="ArgumentException">The name is not a header name or does not end in "-bin".</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normalize(key);
            if (!IsBinary) throw new ArgumentException($"A binary value needs a name that ends in '{BinaryHeaderSuffix}'; '{Key}' does not.", nameof(key));
            _bytes = (byte[])valueBytes.Clone();
        }

        /// <summary>The name, in lower case.</summary>
        public string Key { get; }

        /// <summary>True when the value is bytes.</summary>
        public bool IsBinary => Key.EndsWith(BinaryHeaderSuffix, StringComparison.Ordinal);

        /// <summary>The text.</summary>
        /// <exception cref="InvalidOperationException">The value is bytes.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"The value of '{Key}' is bytes; read ValueBytes.");

        /// <summary>A copy of the bytes, or of the text's bytes.</summary>
        public byte[] ValueBytes => _bytes is null ? Encoding.ASCII.GetBytes(_text!) : (byte[])_bytes.Clone();

        /// <inheritdoc/>
        public override string ToString() => IsBinary ? $"[Entry: key={Key}, {_bytes!.Length} bytes]" : $"[Entry: key={Key}, value={_text}]";

        private static string Normalize(string key)
        {
            ArgumentException.ThrowIfNullOrEmpty(key);
            foreach (var c in key)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-' or '.'))
                    throw new ArgumentException($"'{key}' cannot name metadata: expected letters, digits, '_', '-' and '.' only.", nameof(key));
            }

            return key.ToLowerInvariant();
        }
    }
}
