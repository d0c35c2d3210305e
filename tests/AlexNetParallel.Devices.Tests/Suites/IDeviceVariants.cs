namespace AlexNetParallel.Devices.Tests.Suites;

/// <summary>The devices of one kind that a suite runs on: vector widths, numbers of threads, drivers.</summary>
public interface IDeviceVariants
{
    /// <summary>What the variants are called in the tests' names.</summary>
    static abstract IReadOnlyList<string> Names { get; }

    /// <summary>Opens a variant; skips the running test, with the reason, where this machine lacks what it needs.</summary>
    static abstract IDevice Open(string name);

    /// <summary>Opens the variant whose bits all others must give.</summary>
    static abstract IDevice OpenPlain();
}
