using AlexNetParallel.Model.Networks;

namespace AlexNetParallel.Training.Forecasts;

/// <summary>
/// How long a run would take on the machine of 2012. An assumption, not a measurement: the paper's section 5 says that about 90 passes over 1.2 million images took five to six
/// days on two GTX 580, and other networks are taken to run at the same operations a second.
/// </summary>
public static class PaperSpeed
{
    /// <summary>"five to six days".</summary>
    public static (double Least, double Most) Days => (5, 6);

    /// <summary>Images shown in those days: 90 passes over 1.2 million.</summary>
    public const double Images = 90 * 1.2e6;

    /// <summary>Floating-point operations of one training image of the 2012 net: 4,135,610,496 = 2 · (3 · 724,406,816 − conv1's 105,415,200).</summary>
    public const double OperationsOfImage = 2 * (3 * 724_406_816.0 - 105_415_200);

    /// <summary>Days for so many training images of a network.</summary>
    public static (double Least, double Most) For(Network network, long images)
    {
        var part = images * (double)network.TrainingOperations / (Images * OperationsOfImage);
        return (Days.Least * part, Days.Most * part);
    }
}
