namespace AlexNetParallel.Exchange.Mpi;

/// <summary>A call of MPI failed, or there is no MPI to call. The message says which and why.</summary>
public sealed class MpiException : Exception
{
    /// <summary>Something that MPI needs is not there.</summary>
    /// <param name="message">What was found, what was expected, what to do.</param>
    public MpiException(string message) : base(message) => Call = "";

    /// <summary>A call failed.</summary>
    /// <param name="call">Its name in MPI.</param>
    /// <param name="errorClass">Class of the error, as mpi.h numbers them.</param>
    /// <param name="text">What MPI says of it.</param>
    internal MpiException(string call, int errorClass, string text) : base($"{call} failed: {text} (error class {errorClass})") => (Call, ErrorClass) = (call, errorClass);

    /// <summary>The call that failed, by its name in MPI; empty where none was made.</summary>
    public string Call { get; }

    /// <summary>Class of its error, as mpi.h numbers them; 0 where no call was made.</summary>
    public int ErrorClass { get; }
}
