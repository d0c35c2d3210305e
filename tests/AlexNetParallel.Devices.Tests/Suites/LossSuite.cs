using AlexNetParallel.Model.Tensors;
using AlexNetParallel.Testing;
using AlexNetParallel.Testing.Golden;
using AlexNetParallel.Testing.Reference;

namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>Softmax, log-loss, and the error counts.</summary>
public abstract class LossSuite<TVariants> : DeviceSuite<TVariants> where TVariants : IDeviceVariants
{
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Probabilities_gradient_and_loss_follow_the_formulas(string name)
    {
        foreach (var (classes, batch) in new[] { (10, 1), (10, 33), (1000, 70), (1, 32), (2, 96), (5, 128) })
        {
            var logits = HostTensor.Random(batch, classes, 1, 1, seed: 50, -8, 8);
            int[] labels = [.. Enumerable.Range(0, batch).Select(n => n * 7 % classes)];
            var (probabilities, gradient, sums) = ReferenceOperations.SoftmaxLogLoss(logits, labels);
            LossSums got = default, gotPlain = default;
            var p = SameBits(name, $"{classes} classes", (device, placement, single) => Compute(device, logits, labels, placement, single, out gotPlain).Probabilities);
            var g = SameBits(name, $"{classes} classes", (device, placement, single) => Compute(device, logits, labels, placement, single, out got).Gradient);
            Closeness.Close(probabilities, p, 1e-6, "probabilities");
            Closeness.Close(gradient, g, 1e-6, "gradient");
            Assert.Equal(sums.Loss / batch, got.Loss / batch, 1e-6);
            Assert.Equal(sums.Top1Errors, got.Top1Errors, 1e-6);
            Assert.Equal(sums.Top5Errors, got.Top5Errors, 1e-6);
            Assert.Equal(gotPlain, got);
        }
    }

    /// <summary>The sums over blocks, added in any order, are the sums over the whole: to the last bit.</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Sums_do_not_depend_on_how_blocks_are_grouped(string name)
    {
        using var device = Open(name);
        var logits = HostTensor.Random(128, 11, 1, 1, seed: 51, -3, 3);
        int[] labels = [.. Enumerable.Range(0, 128).Select(n => n % 11)];
        using var scores = DeviceTensor.From(device, logits);
        using var p = DeviceTensor.Blank(device, 128, 11, 1, 1);
        LossSums Sums(int first, int count) => device.SoftmaxLogLoss(scores.View, labels, p.View, null, 128, new BlockRange(first, count));
        var whole = Sums(0, 4);
        Assert.Equal(whole, Sums(0, 1) + Sums(1, 1) + Sums(2, 1) + Sums(3, 1));
        Assert.Equal(whole, Sums(2, 2) + Sums(0, 2));
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_cases_are_met(string name)
    {
        using var device = Open(name);
        foreach (var golden in GoldenCase.Names("softmax_cross_entropy").Select(GoldenCase.Open))
        {
            var logits = golden["logits"].Tensor();
            var labels = golden["labels"].Integers();
            var (p, g) = Compute(device, logits, labels, Placement.Plain, false, out var sums);
            Closeness.Close(golden["probs"].Tensor(), p, Tolerance, $"{golden} probs");
            Closeness.Close(golden["dlogits"].Tensor(), g.Map(v => v / logits.Cases), Tolerance, $"{golden} dlogits");
            Assert.Equal(golden["loss_mean"].Values[0], sums.Loss / logits.Cases, Tolerance * golden["loss_per_sample"].Values.Max());
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Golden_error_counts_are_met(string name)
    {
        using var device = Open(name);
        var golden = GoldenCase.Open("topk");
        Compute(device, golden["scores"].Tensor(), golden["labels"].Integers(), Placement.Plain, false, out var sums);
        Assert.Equal(golden["errors"].Values[0], sums.Top1Errors);
        Assert.Equal(golden["errors"].Values[1], sums.Top5Errors);
    }

    /// <summary>Credit at ties as src/layer_kernels.cu of the 2012 program gives it: a net whose outputs are all equal is right in 1 of 1000 cases, not in all.</summary>
    [SkippableTheory, MemberData(nameof(Devices))]
    public void Credit_is_shared_at_ties(string name)
    {
        using var device = Open(name);
        foreach (var (scores, label, top1, top5) in new[]
        {
            (new double[] { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 }, 3, 1 - 1 / 10.0, 1 - 5 / 10.0),
            ([5, 5, 1, 0, 0, 0, 0], 1, 1 - 1 / 2.0, 0.0),
            ([9, 8, 7, 3, 3, 3, 3], 5, 1.0, 1 - 2 / 4.0),
            ([9, 8, 7, 6, 5, 4], 5, 1.0, 1.0),
            ([9, 8, 7, 6, 5, 4], 4, 1.0, 0.0),
            ([2, 9, 1], 1, 0.0, 0.0),
        })
        {
            var logits = new HostTensor(1, scores.Length, 1, 1, [.. scores.Select(s => (float)s)]);
            Compute(device, logits, [label], Placement.Plain, false, out var sums);
            Assert.Equal(top1, sums.Top1Errors, 1e-8);
            Assert.Equal(top5, sums.Top5Errors, 1e-8);
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Padding_cases_have_probability_and_gradient_0(string name)
    {
        using var device = Open(name);
        using var scores = DeviceTensor.From(device, HostTensor.Random(64, 6, 1, 1, seed: 52));
        using var p = DeviceTensor.Blank(device, 64, 6, 1, 1);
        using var g = DeviceTensor.Blank(device, 64, 6, 1, 1);
        var sums = device.SoftmaxLogLoss(scores.View, new int[40], p.View, g.View, 40, new BlockRange(0, 2));
        Assert.True(double.IsFinite(sums.Loss));
        foreach (var tensor in new[] { p.Read(), g.Read() })
        {
            for (var n = 0; n < 64; n++)
                for (var c = 0; c < 6; c++)
                    Assert.Equal(n < 40, tensor[n, c, 0, 0] != 0);
        }
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void Extreme_scores_give_finite_losses_and_not_a_number_is_noticed(string name)
    {
        using var device = Open(name);
        Compute(device, new HostTensor(1, 3, 1, 1, [1000f, -1000f, 0f]), [1], Placement.Plain, false, out var sums);
        Assert.Equal(2000, sums.Loss, 1e-6);
        Compute(device, new HostTensor(1, 3, 1, 1, [1f, float.NaN, 0f]), [0], Placement.Plain, false, out sums);
        Assert.True(double.IsNaN(sums.Loss));
        Assert.Equal(1, sums.Top1Errors);
    }

    [SkippableTheory, MemberData(nameof(Devices))]
    public void A_label_that_is_no_class_is_refused_by_its_case(string name)
    {
        using var device = Open(name);
        var logits = HostTensor.Random(3, 10, 1, 1, seed: 53);
        var error = Assert.Throws<ArgumentException>(() => Compute(device, logits, [1, 2, 10], Placement.Plain, false, out _));
        Assert.Contains("case 2 has label 10", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Compute(device, logits, [1, 2, -1], Placement.Plain, false, out _));
        Assert.Throws<ArgumentException>(() => Compute(device, logits, [1, 2], Placement.Plain, false, out _));
    }

    private static (HostTensor Probabilities, HostTensor Gradient) Compute(
        IDevice device, HostTensor logits, int[] labels, Placement placement, bool single, out LossSums sums)
    {
        using var scores = DeviceTensor.From(device, logits, placement);
        using var p = DeviceTensor.Blank(device, logits.Cases, logits.Channels, 1, 1, placement);
        using var g = DeviceTensor.Blank(device, logits.Cases, logits.Channels, 1, 1, placement);
        var total = default(LossSums);
        InRuns(scores.Blocks, single, blocks => total += device.SoftmaxLogLoss(scores.View, labels, p.View, g.View, logits.Cases, blocks));
        sums = total;
        return (p.Read(), g.Read());
    }
}
