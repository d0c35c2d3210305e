using AlexNetParallel.TestReport;

// Called by ./test with the folder of its results; the last line of the output is the one that other programs read.
var report = Results.Read(args[0]);
report.Print(Console.Out);
return report.Failed.Count == 0 ? 0 : 1;
