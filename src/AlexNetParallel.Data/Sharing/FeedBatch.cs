using AlexNetParallel.Model.Recipes;

namespace AlexNetParallel.Data.Sharing;

/// <summary>A batch in the feed's memory: may be read until it is released.</summary>
/// <param name="Tick">Which.</param>
/// <param name="Images">Address of the input tensor: of the reader's blocks in the whole batch. One of a few addresses that come in turn.</param>
/// <param name="Labels">Address of the labels, an int for each case of the whole batch.</param>
public readonly record struct FeedBatch(Tick Tick, nint Images, nint Labels);
