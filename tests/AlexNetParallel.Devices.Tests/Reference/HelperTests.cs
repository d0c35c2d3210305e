using System.Text;
using AlexNetParallel.Devices.Cpu;
using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using Xunit.Sdk;

namespace AlexNetParallel.Devices.Tests.Reference;

/// <summary>The helpers that other tests rely on: they must fail where something is wrong.</summary>
public sealed class HelperTests
{
    [Fact]
    public void Tensors_survive_the_way_to_a_device_and_back_wherever_they_lie()
    {
        using var device = new CpuDevice();
        var tensor = HostTensor.Random(70, 5, 3, 4, seed: 1);
        foreach (var placement in new[] { Placement.Plain, Placement.Scattered })
        {
            using var copy = DeviceTensor.From(device, tensor, placement);
            Closeness.Close(tensor, copy.Read(), 0, "copy");
            using var last = DeviceTensor.From(device, tensor, placement, new BlockRange(1, 2));
            var read = last.Read();
            Assert.Equal(38, read.Cases);
            Assert.Equal(tensor[69, 4, 2, 3], read[37, 4, 2, 3]);
        }
    }

    [Fact]
    public void A_write_to_a_border_or_a_foreign_channel_is_noticed()
    {
        using var device = new CpuDevice();
        var tensor = HostTensor.Random(32, 4, 3, 4, seed: 2);
        foreach (var (channel, word) in new[] { (1, "border"), (3, "another tower") })
        {
            using var copy = DeviceTensor.From(device, tensor, Placement.Scattered);
            var first = copy.Layout.Offset(0, channel);
            copy.Buffer.Write([1], word == "border" ? first - 1 : first);
            var error = Assert.Throws<XunitException>(() => copy.Read());
            Assert.Contains(word, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void An_element_that_was_not_written_is_noticed()
    {
        using var device = new CpuDevice();
        using var blank = DeviceTensor.Blank(device, 33, 2, 2, 2);
        Assert.Throws<XunitException>(() => Closeness.Close(new HostTensor(33, 2, 2, 2), blank.Read(), 1, "blank"));
    }

    [Fact]
    public void Comparisons_name_the_worst_element()
    {
        Closeness.Close([1.0, -2.0], [1.0, -2.00001], 1e-5, "near");
        var error = Assert.Throws<XunitException>(() => Closeness.Close([1.0, -2.0, 0], [1.0, -2.1, 0.05], 1e-5, "far"));
        Assert.Contains("far: element 1 of 3 is -2.1, expected -2", error.Message, StringComparison.Ordinal);
        Assert.Throws<XunitException>(() => Closeness.Close([1.0], [double.NaN], 1, "not a number"));
        Assert.Throws<XunitException>(() => Closeness.Close([1.0], [1.0, 2.0], 1, "lengths"));
        Assert.Throws<XunitException>(() => Closeness.Same([0f], [-0f], "sign of 0"));
        Closeness.Same([float.NaN], [float.NaN], "same bits");
    }

    [Fact]
    public void A_file_that_is_not_npy_is_refused_with_what_was_found()
    {
        var path = Path.Combine(Path.GetTempPath(), $"helper-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.npy");
        try
        {
            foreach (var (content, message) in new[]
            {
                (Encoding.ASCII.GetBytes("P5 3 3 255"), "expected a .npy file"),
                (File("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), }", 8), "type '<f8'"),
                (File("{'descr': '<f4', 'fortran_order': True, 'shape': (1,), }", 4), "fortran_order"),
                (File("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", 20), "5 numbers, its shape (2, 3) needs 6"),
            })
            {
                System.IO.File.WriteAllBytes(path, content);
                Assert.Contains(message, Assert.Throws<InvalidDataException>(() => Npy.Read(path)).Message, StringComparison.Ordinal);
            }
            System.IO.File.WriteAllBytes(path, [.. File("{'descr': '|i1', 'fortran_order': False, 'shape': (2,), }", 0), 0x80, 0x7F]);
            Assert.Equal([-128f, 127f], Npy.Read(path).Values.AsEnumerable());
        }
        finally
        {
            System.IO.File.Delete(path);
        }

        static byte[] File(string header, int data) =>
            [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, (byte)(header.Length >> 8), .. Encoding.ASCII.GetBytes(header), .. new byte[data]];
    }
}
