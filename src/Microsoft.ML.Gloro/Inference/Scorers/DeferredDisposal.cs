namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// Frees what an object holds once it is disposed and no use of it is running any more: at once, or when the last use ends. Disposing never
/// waits.
/// </summary>
/// <param name="owner">Whose name an <see cref="ObjectDisposedException"/> bears.</param>
/// <param name="free">Called once, by whoever is last.</param>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class DeferredDisposal(object owner, Action free) : IDisposable
{
    private int _users = 1; // the owner, and every use that is running
    private int _disposed;

    /// <summary>Whether the owner was disposed.</summary>
    public bool IsDisposed => Volatile.Read(ref _disposed) != 0;

    /// <summary>Refuses if the owner was disposed.</summary>
    /// <exception cref="ObjectDisposedException">It was.</exception>
    public void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(IsDisposed, owner);

    /// <summary>Begins a use, which <see cref="Leave"/> must end.</summary>
    /// <exception cref="ObjectDisposedException">The owner was disposed.</exception>
    public void Enter() => ObjectDisposedException.ThrowIf(!TryEnter(), owner);

    /// <summary>Begins a use, which <see cref="Leave"/> must end, unless the owner was disposed.</summary>
    public bool TryEnter()
    {
        int users = Volatile.Read(ref _users);
        while (users != 0 && !IsDisposed)
        {
            int seen = Interlocked.CompareExchange(ref _users, users + 1, users);
            if (seen == users)
                return true;
            users = seen;
        }

        return false;
    }

    /// <summary>Ends a use.</summary>
    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) == 0)
            free();
    }

    /// <summary>Refuses further uses. May be called often.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            Leave();
    }
}
