namespace Microsoft.ML.Gloro.Scoring;

/// <summary>
/// A reading that the thread pool does when it comes to it. Whoever needs its rows before that does it himself, so that nobody waits for a pool with no thread to spare;
/// who needs them when it has begun waits without spinning.
/// </summary>
/// <param name="read">Reads; does not throw.</param>
internal sealed class BackgroundRead(Func<ReadRows> read)
{
    private readonly object _gate = new();
    private int _taken, _thread;
    private bool _done;
    private ReadRows _rows;
    private Action? _whenDone;

    /// <summary>Offers the reading to the pool.</summary>
    public void Start() => ThreadPool.QueueUserWorkItem(static self => self.TryRead(), this, preferLocal: false);

    /// <summary>The rows.</summary>
    public ReadRows Result()
    {
        if (!TryRead())
            Wait();
        return _rows;
    }

    /// <summary>Sees to it that nothing is read from now on. A row that is being read is waited for, but not from inside that very reading, which cannot wait for itself.</summary>
    /// <param name="whenDone">Called when nothing is read any more.</param>
    public void Cancel(Action whenDone)
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
        {
            if (Volatile.Read(ref _thread) == Environment.CurrentManagedThreadId)
            {
                _whenDone = whenDone;
                return;
            }

            Wait();
        }

        whenDone();
    }

    private bool TryRead()
    {
        if (Interlocked.Exchange(ref _taken, 1) != 0)
            return false;
        Volatile.Write(ref _thread, Environment.CurrentManagedThreadId);
        ReadRows rows = read();
        lock (_gate)
        {
            (_rows, _done) = (rows, true);
            Monitor.PulseAll(_gate);
        }

        Volatile.Write(ref _thread, 0); // which goes on to other things
        _whenDone?.Invoke();
        return true;
    }

    private void Wait()
    {
        lock (_gate)
        {
            while (!_done)
                Monitor.Wait(_gate);
        }
    }
}
