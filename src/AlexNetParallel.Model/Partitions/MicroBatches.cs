namespace AlexNetParallel.Model.Partitions;

/// <summary>
/// In which parts the fully connected layers and those behind them take the batch. The layers before them always take it block by block (32 images). A part
/// is a block; the gradients of a fully connected layer's weights are computed once, after the last part, so that every way gives the same bits.
/// </summary>
public enum MicroBatches
{
    /// <summary>The whole batch at once, when all of it is there: the weights come from memory once. The first scheme of "one weird trick" (Krizhevsky, 2014).</summary>
    None,
    /// <summary>Each block goes through all layers before the next begins: while one worker is busy with a block, the worker before it computes the next. A pipeline.</summary>
    Pipeline,
    /// <summary>Forward and back through the fully connected layers with one worker's images after another's. The second scheme of "one weird trick".</summary>
    Turns,
    /// <summary>Forward and back through the fully connected layers with a slice of every worker's images at a time. The third scheme of "one weird trick".</summary>
    Slices,
}
