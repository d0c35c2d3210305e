using System.Globalization;
using AlexNetParallel.Model.Files;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace AlexNetParallel.Model.Schedules;

/// <summary>The words for kinds of curves.</summary>
internal static class CurveWords
{
    public const string Piecewise = "piecewise", Steps = "steps", DiscreteExponential = "dexp", Plateau = "plateau";

    /// <summary>The key of a stepped curve's moments.</summary>
    public static string Moments(StepUnit unit) => $"at_{Words.Of(unit)}";
}

/// <summary>Writes a schedule as <see cref="ScheduleReader"/> reads it, every default written out.</summary>
internal static class ScheduleWriter
{
    public static YamlMappingNode Write(Schedule schedule)
    {
        var root = new YamlMappingNode
        {
            { "weight_rate", Curve(schedule.WeightRate) },
            { "bias_rate", Curve(schedule.BiasRate) },
            { "momentum", Yaml.Value(schedule.Momentum) },
            { "weight_decay", Yaml.Value(schedule.WeightDecay) },
        };
        if (schedule.LayerChanges.Count > 0)
        {
            var layers = new YamlMappingNode();
            foreach (var layer in schedule.LayerChanges.GroupBy(c => c.Layer)) layers.Add(layer.Key, new YamlSequenceNode(layer.Select(Change)));
            root.Add("layers", layers);
        }
        if (schedule.ColourNoiseChanges.Count > 0) root.Add("colour_noise", ByEpoch(schedule.ColourNoiseChanges.Select(c => (c.Epoch, c.Strength))));
        if (schedule.Plateau is { } rule)
        {
            root.Add("plateau", Yaml.Line(("patience", rule.Patience), ("min_improvement", rule.MinImprovement), ("max_drops", rule.MaxDrops)));
        }
        return root;
    }

    private static YamlNode Curve(RateCurve curve)
    {
        switch (curve)
        {
            case ConstantRate constant:
                return Yaml.Value(constant.Rate);
            case PiecewiseRate piecewise:
                var pieces = Yaml.Line(("kind", CurveWords.Piecewise));
                pieces.Add("by_epoch", ByEpoch(piecewise.Pieces.Select(p => (p.Epoch, p.Rate))));
                return pieces;
            case SteppedRate stepped:
                var steps = Yaml.Line(("kind", CurveWords.Steps), ("start", stepped.Start), ("factor", stepped.Factor));
                steps.Add(CurveWords.Moments(stepped.Unit), Yaml.List(stepped.Moments));
                return steps;
            case DiscreteExponentialRate dexp:
                return Yaml.Line(("kind", CurveWords.DiscreteExponential), ("start", dexp.Start), ("target_factor", dexp.TargetFactor), ("plateaus", dexp.Plateaus));
            case PlateauRate plateau:
                return Yaml.Line(("kind", CurveWords.Plateau), ("start", plateau.Start), ("factor", plateau.Factor));
            default:
                throw new ArgumentException($"no word for {curve.GetType().Name}", nameof(curve));
        }
    }

    private static YamlMappingNode Change(LayerChange change)
    {
        var line = Yaml.Line(("from_epoch", change.Epoch));
        foreach (var (key, value) in (ReadOnlySpan<(string, double?)>)[("weight_rate", change.WeightRate), ("weight_factor", change.WeightFactor),
            ("bias_rate", change.BiasRate), ("bias_factor", change.BiasFactor)])
        {
            if (value is { } number) line.Add(key, Yaml.Value(number));
        }
        return line;
    }

    private static YamlMappingNode ByEpoch(IEnumerable<(int Epoch, double Value)> pieces)
    {
        var line = new YamlMappingNode { Style = MappingStyle.Flow };
        foreach (var (epoch, value) in pieces) line.Add(epoch.ToString(CultureInfo.InvariantCulture), Yaml.Value(value));
        return line;
    }
}
