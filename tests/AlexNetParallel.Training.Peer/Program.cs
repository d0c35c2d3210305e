// A parent and its children for the tests of supervision.
//   parent ORDERLY|STUCK CHILD...   starts two children with the arguments CHILD, prints "child PID" for each and "ready"; at Ctrl-C prints how many of
//                                   them still run, then ends them (ORDERLY) or never does (STUCK)
//   sleep | exit N | abort | chatter LINES
// A worker with a FakeJob for the tests of runs: worker --coordinator ADDRESS --rank N --position-page PATH KIND RANK STEP PACE
using System.Globalization;
using AlexNetParallel.Rpc;
using AlexNetParallel.Training.Coordination;
using AlexNetParallel.Training.Peer;
using AlexNetParallel.Training.Processes;

ParentGuard.Enter();
switch (args)
{
    case ["parent", var manner, .. var child]:
        return await ParentAsync(manner, child);
    case ["sleep"]:
        Console.Error.WriteLine("asleep");
        Thread.Sleep(TimeSpan.FromMinutes(2));
        return 0;
    case ["exit", var code]:
        Console.Error.WriteLine("last words");
        return int.Parse(code, CultureInfo.InvariantCulture);
    case ["abort"]:
        Environment.FailFast("a fatal error");
        return 0;
    case ["chatter", var lines]:
        for (var i = 0; i < int.Parse(lines, CultureInfo.InvariantCulture); i++) Console.Error.WriteLine($"line {i}");
        return 0;
    case ["worker", _, var coordinator, _, var rank, _, var page, var kind, var guilty, var step, var pace]:
        var behaviour = new FakeBehaviour(kind, int.Parse(guilty, CultureInfo.InvariantCulture), int.Parse(step, CultureInfo.InvariantCulture))
        {
            Pace = TimeSpan.FromMilliseconds(int.Parse(pace, CultureInfo.InvariantCulture)),
        };
        var options = new WorkerSessionOptions
        {
            Coordinator = RpcAddress.Parse(coordinator),
            Rank = int.Parse(rank, CultureInfo.InvariantCulture),
            Device = "fake",
            PositionPage = page,
        };
        try
        {
            await WorkerSession.RunAsync(options, _ => new FakeJob(behaviour), CancellationToken.None);
            return 0;
        }
        catch (Exception e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    default:
        Console.Error.WriteLine($"unknown arguments: {string.Join(' ', args)}");
        return 2;
}

static async Task<int> ParentAsync(string manner, string[] child)
{
    await using var supervisor = new Supervisor();
    using var interruption = new Interruption(null, supervisor.KillAll);
    var asleep = new CountdownEvent(2);
    for (var rank = 0; rank < 2; rank++)
    {
        var started = supervisor.Start(new ChildStart($"worker {rank}", ProgramCommand.Current, child) { OnLine = _ => asleep.Signal() });
        Console.WriteLine($"child {started.Pid}");
    }
    asleep.Wait();
    Console.WriteLine("ready");
    try
    {
        await Task.Delay(TimeSpan.FromMinutes(2), interruption.Token);
    }
    catch (OperationCanceledException)
    {
        await Task.Delay(500);
        Console.WriteLine($"running {supervisor.Children.Count(c => !c.Exited.IsCompleted)}");
        if (manner == "STUCK") await Task.Delay(TimeSpan.FromMinutes(2));
    }
    return ChildExit.Interrupted;
}
