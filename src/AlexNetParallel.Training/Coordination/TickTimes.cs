namespace AlexNetParallel.Training.Coordination;

/// <summary>
/// Where a worker's time went in one tick, in seconds. All parts but <see cref="ExchangeHidden"/> follow one another on the worker's thread (on a CUDA device: in
/// the device's queue, by its own clock), so their sum is the tick's time.
/// </summary>
/// <param name="Compute">In operations of the device.</param>
/// <param name="ExchangeExposed">Nothing computed: sending, receiving, or waiting for a slab that was on its way.</param>
/// <param name="WaitForSlower">Waiting for a slab that the other worker had not begun to send: it was slower.</param>
/// <param name="Feed">Waiting for the batch.</param>
/// <param name="Host">The rest: reports, orders, the program's own steps.</param>
/// <param name="ExchangeHidden">Slabs of this worker were on their way while it did something else; no part of the sum.</param>
public readonly record struct TickTimes(double Compute, double ExchangeExposed, double WaitForSlower, double Feed, double Host, double ExchangeHidden)
{
    /// <summary>The tick's time.</summary>
    public double Seconds => Compute + ExchangeExposed + WaitForSlower + Feed + Host;

    /// <summary>Part by part.</summary>
    public static TickTimes operator +(TickTimes a, TickTimes b) => new(
        a.Compute + b.Compute, a.ExchangeExposed + b.ExchangeExposed, a.WaitForSlower + b.WaitForSlower, a.Feed + b.Feed, a.Host + b.Host, a.ExchangeHidden + b.ExchangeHidden);

    /// <summary>Each part divided by a number.</summary>
    public static TickTimes operator /(TickTimes a, double n) => new(
        a.Compute / n, a.ExchangeExposed / n, a.WaitForSlower / n, a.Feed / n, a.Host / n, a.ExchangeHidden / n);
}
