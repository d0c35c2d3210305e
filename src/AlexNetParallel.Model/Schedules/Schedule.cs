using AlexNetParallel.Model.Files;
using AlexNetParallel.Model.Operations;

namespace AlexNetParallel.Model.Schedules;

/// <summary>
/// Learning rates, momentum, weight decay and colour noise over the course of a run: a pure function of <see cref="Progress"/>. Where the rule is "when the
/// error stops improving", the coordinator keeps a <see cref="PlateauState"/> and gives its drops.
/// </summary>
public sealed record Schedule
{
    /// <summary>Rate of the weights.</summary>
    public required RateCurve WeightRate { get; init; }

    /// <summary>Rate of the biases; the 2012 program had one of its own.</summary>
    public required RateCurve BiasRate { get; init; }

    /// <summary>Momentum of weights and biases, in [0, 1).</summary>
    public required double Momentum { get; init; }

    /// <summary>Decay of the weights; the biases have none (src/layer.cu of the 2012 program).</summary>
    public required double WeightDecay { get; init; }

    /// <summary>Changes for single layers, ascending by epoch within a layer.</summary>
    public IReadOnlyList<LayerChange> LayerChanges { get; init => field = new ValueList<LayerChange>(value); } = new ValueList<LayerChange>([]);

    /// <summary>Strengths of colour noise that replace the augmentation's from an epoch on, ascending.</summary>
    public IReadOnlyList<ColourNoiseChange> ColourNoiseChanges { get; init => field = new ValueList<ColourNoiseChange>(value); } = new ValueList<ColourNoiseChange>([]);

    /// <summary>When <see cref="PlateauRate"/>s drop; null where there are none.</summary>
    public PlateauRule? Plateau { get; init; }

    /// <summary>What holds for one training step.</summary>
    public StepSettings At(in Progress progress) => new(this, progress);

    /// <summary>Strength of colour noise in an epoch.</summary>
    /// <param name="epoch">Complete passes over the training images, from 0.</param>
    /// <param name="initial">The augmentation's strength.</param>
    public double ColourNoise(int epoch, double initial)
    {
        var strength = initial;
        for (var i = 0; i < ColourNoiseChanges.Count && ColourNoiseChanges[i].Epoch <= epoch; i++) strength = ColourNoiseChanges[i].Strength;
        return strength;
    }
}

/// <summary>A change of one layer's rates. What a change leaves out stays as an earlier one made it.</summary>
/// <param name="Layer">Name of a layer with weights.</param>
/// <param name="Epoch">Complete passes over the training images from which on it holds.</param>
/// <param name="WeightRate">Rate of its weights in place of the schedule's; 0 freezes them.</param>
/// <param name="BiasRate">Rate of its biases in place of the schedule's.</param>
/// <param name="WeightFactor">Factor on the schedule's rate of weights. Not together with <paramref name="WeightRate"/>.</param>
/// <param name="BiasFactor">Factor on the schedule's rate of biases. Not together with <paramref name="BiasRate"/>.</param>
public sealed record LayerChange(string Layer, int Epoch, double? WeightRate, double? BiasRate, double? WeightFactor, double? BiasFactor);

/// <summary>A strength of colour noise that holds from an epoch on.</summary>
/// <param name="Epoch">Complete passes over the training images.</param>
/// <param name="Strength">As <see cref="Recipes.Augmentation.ColourNoise"/>.</param>
public readonly record struct ColourNoiseChange(int Epoch, double Strength);

/// <summary>Rates of one layer in one step.</summary>
/// <param name="WeightRate">ε of the weights.</param>
/// <param name="BiasRate">ε of the biases.</param>
public readonly record struct LayerRates(double WeightRate, double BiasRate)
{
    /// <summary>Neither weights nor biases move: no gradient is needed.</summary>
    public bool IsFrozen => WeightRate == 0 && BiasRate == 0;
}

/// <summary>What holds for one training step. Asking allocates nothing.</summary>
public readonly struct StepSettings(Schedule schedule, Progress progress)
{
    /// <summary>Rate of the weights of layers without changes of their own: the one to show.</summary>
    public double WeightRate => schedule.WeightRate.At(progress);

    /// <summary>Rate of the biases of layers without changes of their own.</summary>
    public double BiasRate => schedule.BiasRate.At(progress);

    /// <summary>Momentum.</summary>
    public double Momentum => schedule.Momentum;

    /// <summary>Decay of the weights.</summary>
    public double WeightDecay => schedule.WeightDecay;

    /// <summary>Rates of a layer.</summary>
    /// <param name="layer">Its name.</param>
    public LayerRates this[string layer]
    {
        get
        {
            var (weights, biases) = (WeightRate, BiasRate);
            var (generalWeights, generalBiases) = (weights, biases);
            for (var i = 0; i < schedule.LayerChanges.Count; i++)
            {
                var change = schedule.LayerChanges[i];
                if (change.Layer != layer || change.Epoch > progress.Epoch) continue;
                weights = change.WeightRate ?? generalWeights * change.WeightFactor ?? weights;
                biases = change.BiasRate ?? generalBiases * change.BiasFactor ?? biases;
            }
            return new LayerRates(weights, biases);
        }
    }

    /// <summary>The update of a layer.</summary>
    /// <param name="layer">Its name.</param>
    /// <param name="cases">Images of the whole minibatch.</param>
    public UpdateRule Rule(string layer, int cases)
    {
        var rates = this[layer];
        return new UpdateRule((float)rates.WeightRate, (float)rates.BiasRate, (float)Momentum, (float)WeightDecay, cases);
    }
}
