using System.Runtime.ExceptionServices;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads windows of rows and scores them on threads of the pool, several windows at once, and gives them out in the order of the source. One window is read at a time. Each is scored by
/// one thread, so that no thread waits for another within a window, and a thread that reads and decodes takes nothing from those that score.
/// </summary>
/// <remarks>
/// <para>Whoever needs a window that nobody has begun with does it himself, so that nobody waits for a pool with no thread to spare; who needs one that is begun waits without spinning.</para>
/// <para><see cref="Next"/> is for one thread at a time; any thread may call <see cref="Stop"/>.</para>
/// </remarks>
/// <param name="workers">How many windows are worked on at once, at least 1.</param>
/// <param name="life">Entered for every window that is to be read, and left when that is done; refuses new ones once it is disposed.</param>
/// <param name="read">Reads the window with this number, below <see cref="WindowsFor"/>. Does not throw.</param>
/// <param name="score">Scores rows that were read.</param>
internal sealed class ScoringPipeline(int workers, DeferredDisposal life, Func<int, ReadRows> read, Action<ReadRows> score)
{
    private static readonly ReadRows s_none = new(0, 0, Ended: true, null);

    private readonly object _gate = new();
    private readonly Window[] _windows = [.. Enumerable.Range(0, WindowsFor(workers)).Select(number => new Window(number))];
    private long _offered, _given; // how many windows ever
    private int _working, _readingThread;
    private bool _reading, _readingForNext, _ended, _stopped;
    private Window? _served;

    private enum State
    {
        Free,
        Offered,
        Running,
        Scored,
        Served,
    }

    /// <summary>How many windows there must be room for: those that are worked on, one that is served, and one that waits to be, so that no worker waits for whoever is served.</summary>
    public static int WindowsFor(int workers) => workers + 2;

    /// <summary>
    /// The next window, read and scored; it is the caller's until the next call. No rows, as at the end of the source, if the pipeline was stopped.
    /// After a window with which the source ended, or after a failure, there is no next.
    /// </summary>
    /// <exception cref="Exception">Whatever scoring threw.</exception>
    public ReadRows Next()
    {
        lock (_gate)
            _served?.State = State.Free;
        Offer();
        Window next = _windows[_given % _windows.Length];
        bool mine;
        lock (_gate)
        {
            while (next.State == State.Running)
                Monitor.Wait(_gate);
            mine = TryTake(next);
            _readingForNext |= mine;
        }

        if (mine)
            Run(next);
        lock (_gate)
        {
            if (next.State != State.Scored)
                return s_none;
            (next.State, _served) = (State.Served, next);
            _given++;
        }

        next.Failure?.Throw();
        return next.Rows;
    }

    /// <summary>
    /// Sees to it that nothing is read from now on. A row that the pool is reading is waited for, since what it is made of may be freed after this;
    /// not one that <see cref="Next"/> reads, nor from inside that very reading, which cannot wait for itself.
    /// </summary>
    public void Stop()
    {
        bool withdrawn = false;
        lock (_gate)
        {
            _stopped = true;
            foreach (Window window in _windows)
            {
                if (window.State != State.Offered)
                    continue;
                window.State = State.Free;
                _reading = false;
                withdrawn = true;
            }

            while (_reading && !_readingForNext && _readingThread != Environment.CurrentManagedThreadId)
                Monitor.Wait(_gate);
        }

        if (withdrawn)
            life.Leave();
    }

    /// <summary>Offers the next window to the pool, if there is a next, nobody reads, and a worker and a window are free.</summary>
    private void Offer()
    {
        Window next;
        lock (_gate)
        {
            next = _windows[_offered % _windows.Length];
            if (_stopped || _ended || _reading || _working == workers || next.State != State.Free || !life.TryEnter())
                return;
            next.State = State.Offered;
            _reading = true;
            _working++;
            _offered++;
        }

        ThreadPool.QueueUserWorkItem(static work => work.Pipeline.RunIfOffered(work.Window), (Pipeline: this, Window: next), preferLocal: false);
    }

    private void RunIfOffered(Window window)
    {
        lock (_gate)
        {
            if (!TryTake(window))
                return;
        }

        Run(window);
    }

    private bool TryTake(Window window)
    {
        if (window.State != State.Offered)
            return false;
        (window.State, _readingThread) = (State.Running, Environment.CurrentManagedThreadId);
        return true;
    }

    private void Run(Window window)
    {
        ReadRows rows = read(window.Number);
        life.Leave(); // before Stop is told: what is to be freed after it is free then. Scoring needs none of it
        lock (_gate)
        {
            if (_stopped)
                rows = s_none;
            (_reading, _readingForNext, _readingThread) = (false, false, 0); // which goes on to other things
            _ended |= rows.Ended || rows.Failure is not null;
            Monitor.PulseAll(_gate);
        }

        Offer();
        ExceptionDispatchInfo? failure = null;
        try
        {
            if (rows.Count > 0)
                score(rows);
        }
        catch (Exception e)
        {
            failure = ExceptionDispatchInfo.Capture(e);
        }

        lock (_gate)
        {
            (window.Rows, window.Failure, window.State) = (rows, failure, State.Scored);
            _ended |= failure is not null;
            _working--;
            Monitor.PulseAll(_gate);
        }

        Offer();
    }

    private sealed class Window(int number)
    {
        public int Number { get; } = number;

        public State State { get; set; }

        public ReadRows Rows { get; set; }

        public ExceptionDispatchInfo? Failure { get; set; }
    }
}
