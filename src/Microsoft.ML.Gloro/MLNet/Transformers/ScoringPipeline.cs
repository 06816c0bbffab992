using System.Runtime.ExceptionServices;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>
/// Reads windows of rows and scores them on threads of the pool, several windows at once, and returns them in the order of the source. One
/// window is read at a time. Each is scored by one thread, so that no thread waits for another within a window.
/// </summary>
/// <remarks>
/// <para>Words. A row is one row of the source. A place is where a row's input and results are kept, counted from 0. A window is a run of
/// consecutive places that are read, and then scored, together; places are used again once a window was returned. A batch is the memory of
/// all places (<see cref="ScoredBatch"/>).</para>
/// <para>A caller that needs a window that no thread has begun computes it itself, so it never waits for a busy pool. For a window that is
/// begun it waits without spinning.</para>
/// <para><see cref="Next"/> is for one thread at a time; any thread may call <see cref="Stop"/>.</para>
/// </remarks>
/// <param name="workers">How many windows are read or scored at once, at least 1.</param>
/// <param name="life">Entered before a window is read, and left when it is read; refuses new windows once it is disposed.</param>
/// <param name="read">Reads the window with this number, below <see cref="WindowsFor"/>. Does not throw.</param>
/// <param name="score">Scores the rows of a window.</param>
internal sealed class ScoringPipeline(int workers, DeferredDisposal life, Func<int, ReadRows> read, Action<ReadRows> score)
{
    private static readonly ReadRows s_none = new(0, 0, Ended: true, null);

    private readonly object _gate = new();
    private readonly Window[] _windows = [.. Enumerable.Range(0, WindowsFor(workers)).Select(number => new Window(number))];
    private long _offered, _given; // how many windows since the beginning
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

    /// <summary>
    /// How many windows there must be room for: one per worker, the one that the caller is using, and one that is ready for it, so that no
    /// worker waits for the caller.
    /// </summary>
    public static int WindowsFor(int workers) => workers + 2;

    /// <summary>
    /// The next window, read and scored; the caller may use it until the next call. No rows, as at the end of the source, if the pipeline
    /// was stopped. Do not call it again after the source ended or a window failed.
    /// </summary>
    /// <exception cref="Exception">The exception that scoring threw.</exception>
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
    /// Stops reading. Waits for a row that the pool is reading, because the row's data may be freed after this. Does not wait for a row
    /// that <see cref="Next"/> reads, nor if it is called by the reading itself, which cannot wait for itself.
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

    /// <summary>Offers the next window to the pool, if there is one, no thread is reading, and a worker and a window are free.</summary>
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

        ThreadPool.QueueUserWorkItem(
            static work => work.Pipeline.RunIfOffered(work.Window), (Pipeline: this, Window: next), preferLocal: false);
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
        life.Leave(); // before Stop returns: the source must be free by then. Scoring does not need it
        lock (_gate)
        {
            if (_stopped)
                rows = s_none;
            (_reading, _readingForNext, _readingThread) = (false, false, 0);
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
