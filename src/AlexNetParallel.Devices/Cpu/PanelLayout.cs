namespace AlexNetParallel.Devices.Cpu;

/// <summary>
/// Where the weights of a fully connected layer lie: (group of 126 inputs, panel of 32 outputs, input of the group, output of the panel), without padding:
/// the last group and the last panel may be smaller. All three passes stream through it in memory order, a group and panel at a time. 126 is whole
/// tiles of 14 or 6 rows, and keeps panels off each other's cache sets, which a power of two would not.
/// </summary>
/// <param name="inputs">Number of inputs.</param>
/// <param name="outputs">Number of outputs.</param>
internal readonly struct PanelLayout(int inputs, int outputs)
{
    /// <summary>Inputs of a group.</summary>
    public const int GroupInputs = 126;

    /// <summary>How the outputs are cut.</summary>
    public Panels Panels { get; } = new(outputs);

    /// <summary>Number of inputs.</summary>
    public int Inputs => inputs;

    /// <summary>Number of groups.</summary>
    public int Groups { get; } = (inputs + GroupInputs - 1) / GroupInputs;

    /// <summary>Inputs of one group.</summary>
    public int InputsOf(int group) => Math.Min(GroupInputs, inputs - group * GroupInputs);

    /// <summary>Offset of a group's weights for a panel; the group's inputs follow each other at the panel's width.</summary>
    public long Offset(int group, int panel) => (long)group * GroupInputs * outputs + (long)panel * Panels.Width * InputsOf(group);
}
