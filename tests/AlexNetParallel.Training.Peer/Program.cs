// A parent and its children for the tests of supervision.
//   parent ORDERLY|STUCK CHILD...   starts two children with the arguments CHILD, prints "child PID" for each and "ready"; at Ctrl-C prints how many of
//                                   them still run, then ends them (ORDERLY) or never does (STUCK)
//   sleep | exit N | abort | chatter LINES
using System.Globalization;
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
