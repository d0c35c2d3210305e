using System.Globalization;
using AlexNetParallel.Model.Files;

namespace AlexNetParallel.Model.Schedules;

/// <summary>Reads the mapping "schedule" of a recipe.</summary>
internal static class ScheduleReader
{
    private const string Forms = "a rate, or a curve such as {kind: steps, start: 0.01, factor: 0.1, at_epochs: [20, 40]}";

    private static readonly string[] Kinds = [CurveWords.Piecewise, CurveWords.Steps, CurveWords.DiscreteExponential, CurveWords.Plateau];

    /// <summary>A schedule.</summary>
    /// <param name="section">Its mapping.</param>
    /// <param name="layers">Names of the network's layers with weights.</param>
    public static Schedule Read(Section section, IReadOnlyCollection<string> layers)
    {
        var weights = Curve(section.Required("weight_rate", Forms));
        var biases = section.Find("bias_rate") is { } own ? Curve(own) : weights;
        var usesPlateau = weights is PlateauRate || biases is PlateauRate;
        var plateau = section.Find("plateau") is { } rule ? Plateau(rule) : null;
        if (usesPlateau && plateau is null) throw section.Missing("plateau", "{patience: 4, min_improvement: 0.001, max_drops: 3}");
        if (!usesPlateau && plateau is not null) throw section.Wrong("plateau", "'plateau' without a rate of that kind", "weight_rate: {kind: plateau, …}");
        var schedule = new Schedule
        {
            WeightRate = weights,
            BiasRate = biases,
            Momentum = BelowOne(section, "momentum", 0.9),
            WeightDecay = section.Number("weight_decay", 0.0005, 0, 1e6),
            LayerChanges = section.Find("layers") is { } changes ? Changes(changes, layers) : [],
            ColourNoiseChanges = section.Find("colour_noise") is { } noise ? ColourNoise(noise) : [],
            Plateau = plateau,
        };
        section.RejectUnknown();
        return schedule;
    }

    private static RateCurve Curve(Entry entry)
    {
        if (!entry.IsSection) return new ConstantRate(entry.IsScalar ? entry.AsNumber(0, 1e6) : throw entry.Wrong(Forms));
        var section = entry.AsSection();
        var kindEntry = section.Required("kind", string.Join(" or ", Kinds));
        RateCurve curve = kindEntry.AsText() switch
        {
            CurveWords.Piecewise => Piecewise(section),
            CurveWords.Steps => Stepped(section),
            CurveWords.DiscreteExponential => new DiscreteExponentialRate(
                section.Required("start", "a rate").AsPositive(),
                section.Required("target_factor", "the first rate divided by the last").AsPositive(),
                (int)section.Required("plateaus", "their number").AsWhole(2, 1000)),
            CurveWords.Plateau => new PlateauRate(section.Required("start", "a rate").AsPositive(), section.Number("factor", 0.1, 1e-6, 1)),
            var kind => throw kindEntry.Wrong(Words.Choice(Kinds), Words.DidYouMean(kind, Kinds)),
        };
        section.RejectUnknown();
        return curve;
    }

    private static PiecewiseRate Piecewise(Section section)
    {
        const string form = "a rate for each epoch from which on it holds, such as {0: 0.01, 25: 0.001}";
        var entry = section.Required("by_epoch", form);
        var pieces = ByEpoch(entry, form, e => e.AsNumber(0, 1e6)).Select(p => new RateFromEpoch(p.Epoch, p.Value)).ToArray();
        if (pieces.Length == 0 || pieces[0].Epoch != 0) throw entry.Wrong("a rate for epoch 0 as the first");
        return new PiecewiseRate(pieces);
    }

    private static SteppedRate Stepped(Section section)
    {
        var given = Enum.GetValues<StepUnit>().Select(unit => (Unit: unit, Entry: section.Find(CurveWords.Moments(unit)))).Where(g => g.Entry is not null).ToArray();
        if (given.Length != 1) throw section.Wrong(null, $"{(given.Length == 0 ? "none" : "several")} of at_epochs, at_steps and at_fractions", "one of them");
        var (unit, entry) = given[0];
        var moments = entry!.AsList("a list of moments").Select(m => unit switch
        {
            StepUnit.Epochs => m.AsWhole(1, int.MaxValue),
            StepUnit.Steps => m.AsWhole(1, long.MaxValue),
            _ => m.AsNumber(0, 1),
        }).ToArray();
        if (!moments.SequenceEqual(moments.Distinct().Order())) throw entry.Wrong("ascending moments");
        return new SteppedRate(section.Required("start", "a rate").AsPositive(), section.Number("factor", 0.1, 1e-6, 1e6), unit, moments);
    }

    private static PlateauRule Plateau(Entry entry)
    {
        var section = entry.AsSection();
        var rule = new PlateauRule(section.Whole("patience", 4, 1), section.Number("min_improvement", 0.001, 0, 1), section.Whole("max_drops", 3, 1));
        section.RejectUnknown();
        return rule;
    }

    private static List<LayerChange> Changes(Entry entry, IReadOnlyCollection<string> layers)
    {
        var changes = new List<LayerChange>();
        var section = entry.AsSection("the schedule's layers", "for each layer a list of changes");
        foreach (var layer in section.Keys)
        {
            var list = section.Required(layer, "a list of changes");
            if (!layers.Contains(layer)) throw section.Wrong(layer, $"the unknown layer '{layer}'{Words.DidYouMean(layer, layers)}", $"one of {string.Join(", ", layers)}");
            var before = -1;
            foreach (var item in list.AsList("a list of changes, such as - {from_epoch: 67, weight_rate: 0.00001}"))
            {
                var change = item.AsSection($"the schedule of layer {layer}");
                var epoch = change.Whole("from_epoch", 0, 0);
                if (epoch <= before) throw change.Wrong("from_epoch", $"epoch {epoch} after epoch {before}", "ascending epochs");
                before = epoch;
                changes.Add(new LayerChange(layer, epoch, Rate(change, "weight_rate"), Rate(change, "bias_rate"),
                    Factor(change, "weight_factor", "weight_rate"), Factor(change, "bias_factor", "bias_rate")));
                change.RejectUnknown();
            }
        }
        return changes;
    }

    private static ColourNoiseChange[] ColourNoise(Entry entry) =>
        [.. ByEpoch(entry, "a strength for each epoch from which on it holds, such as {67: 0}", e => e.AsNumber(0, 1e3)).Select(p => new ColourNoiseChange(p.Epoch, p.Value))];

    private static double? Rate(Section change, string key) => change.Find(key)?.AsNumber(0, 1e6);

    private static double? Factor(Section change, string key, string rateKey)
    {
        var factor = change.Find(key)?.AsNumber(0, 1e6);
        return factor is null || change.Find(rateKey) is null ? factor : throw change.Wrong(key, $"both '{rateKey}' and '{key}'", "one of them");
    }

    private static List<(int Epoch, double Value)> ByEpoch(Entry entry, string form, Func<Entry, double> read)
    {
        var section = entry.AsSection(null, form);
        var pieces = new List<(int Epoch, double Value)>();
        foreach (var key in section.Keys)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var epoch)) throw section.Wrong(key, $"the key '{key}'", "an epoch, a whole number of at least 0");
            if (pieces.Count > 0 && epoch <= pieces[^1].Epoch) throw section.Wrong(key, $"epoch {epoch} after epoch {pieces[^1].Epoch}", "ascending epochs");
            pieces.Add((epoch, read(section.Required(key, "a number"))));
        }
        return pieces;
    }

    private static double BelowOne(Section section, string key, double otherwise)
    {
        var entry = section.Find(key);
        if (entry is null) return otherwise;
        var value = entry.AsNumber(0, 1);
        return value < 1 ? value : throw entry.Wrong("a number from 0 to below 1");
    }
}
