using AlexNetParallel.Cli;
using AlexNetParallel.Training.Processes;

ParentGuard.Enter();
return await CommandLine.RunAsync(args, Console.Out, Console.Error);
