using System.Runtime.ExceptionServices;

namespace AlexNetParallel.Data.Storing;

/// <summary>Work on numbered items by a few threads, each with a tool of its own.</summary>
internal static class ParallelWork
{
    /// <summary>Calls <paramref name="work"/> for 0 … count − 1 in any order. The first exception is thrown on, as it was thrown.</summary>
    public static void For<T>(int count, int threads, Func<T> tool, Action<int, T> work) where T : IDisposable
    {
        if (threads == 1 || count == 1)
        {
            using var one = tool();
            for (var i = 0; i < count; i++) work(i, one);
            return;
        }
        try
        {
            Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = threads }, tool, (i, _, mine) =>
            {
                work(i, mine);
                return mine;
            }, mine => mine.Dispose());
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.Flatten().InnerExceptions[0]);
        }
    }
}
