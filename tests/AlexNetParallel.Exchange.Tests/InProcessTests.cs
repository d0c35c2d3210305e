using AlexNetParallel.Exchange.InProcess;

namespace AlexNetParallel.Exchange.Tests;

public sealed class InProcessTests : TransportContract
{
    protected override IReadOnlyList<ITransport> Create(int workers)
    {
        var hub = new InProcessHub(workers);
        return [.. Enumerable.Range(0, workers).Select(rank => hub[rank])];
    }
}
