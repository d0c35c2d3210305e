using System.Diagnostics;
using System.Globalization;
using AlexNetParallel.Training.Runs;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace AlexNetParallel.Cli.Output;

/// <summary>A region at the bottom of a terminal that follows a run: bar, loss, error, rates, the last test. Log lines scroll above it.</summary>
internal sealed class LiveProgress(IAnsiConsole console)
{
    private static readonly TimeSpan between = TimeSpan.FromMilliseconds(200);
    private const int BarWidth = 20;

    private readonly Lock gate = new();
    private readonly ManualResetEventSlim over = new();
    private Task? display;
    private RunStarted? start;
    private StepDone? step;
    private TestDone? test;
    private long began;
    private double loss;
    private double error;
    private double rate;
    private double exchange;
    private double feed;

    /// <summary>Shows the region from now on.</summary>
    public void Begin(RunStarted e)
    {
        (start, began) = (e, Stopwatch.GetTimestamp());
        display = Task.Factory.StartNew(() => console.Live(Draw()).AutoClear(true).Start(live =>
        {
            while (!over.Wait(between)) live.UpdateTarget(Draw());
        }), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    /// <summary>A step is done.</summary>
    public void Step(StepDone e)
    {
        lock (gate)
        {
            // Means over about the last twenty steps.
            var weight = step is null ? 1 : 0.05;
            loss += weight * (e.Loss - loss);
            error += weight * (e.Top1Error - error);
            rate += weight * (e.ImagesPerSecond - rate);
            exchange += weight * (e.ExchangeSeconds / e.Seconds - exchange);
            feed += weight * (e.FeedSeconds / e.Seconds - feed);
            step = e;
        }
    }

    /// <summary>A test is done.</summary>
    public void Test(TestDone e)
    {
        lock (gate) test = e;
    }

    /// <summary>A line above the region.</summary>
    public void Line(string text) => console.WriteLine(text);

    /// <summary>Takes the region away.</summary>
    public void End()
    {
        over.Set();
        display?.Wait();
    }

    private IRenderable Draw()
    {
        lock (gate)
        {
            var done = step?.Step ?? start!.ResumedFrom;
            var part = (double)done / start!.Steps;
            var full = (int)(part * BarWidth);
            var elapsed = Stopwatch.GetElapsedTime(began).TotalSeconds;
            var left = done > start.ResumedFrom ? elapsed * (start.Steps - done) / (done - start.ResumedFrom) : 0;
            var bar = new Markup(string.Create(CultureInfo.InvariantCulture,
                $"[green]{new string('━', full)}[/][grey]{new string('━', BarWidth - full)}[/] {100 * part:F0} %  step {done}/{start.Steps}  epoch {step?.Epoch ?? 0}  {Units.Seconds(elapsed)}, about {Units.Seconds(left)} left"));
            var numbers = step is null ? new Markup("[grey]waiting for the first step[/]") : new Markup(string.Create(CultureInfo.InvariantCulture,
                $"loss [bold]{loss:F4}[/]  error [bold]{100 * error:F1} %[/]  [bold]{Progress.Rate(rate)}[/] images/s  rate {step.LearningRate:G4}"));
            var waiting = new Markup(string.Create(CultureInfo.InvariantCulture, $"[grey]workers wait for each other {100 * exchange:F1} % of the time, for images {100 * feed:F1} %[/]"));
            var last = test is null ? new Markup("[grey]no test yet[/]")
                : new Markup(string.Create(CultureInfo.InvariantCulture, $"test after epoch {test.Epoch}: loss {test.Loss:F4}  error [bold]{100 * test.Top1Error:F2} %[/]"));
            return new Rows(bar, numbers, waiting, last);
        }
    }
}
