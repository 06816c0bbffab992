namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Time that passes when told to. Timers fire as it does.</summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private long _ticks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => _ticks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(() => callback(state));
        timer.Change(dueTime, period);
        timer.Due += _ticks;
        _timers.Add(timer);
        return timer;
    }

    public void Advance(TimeSpan time)
    {
        _ticks += time.Ticks;
        foreach (var timer in _timers.Where(t => t.Due <= _ticks).ToList())
        {
            _timers.Remove(timer);
            timer.Fire();
        }
    }

    private sealed class Timer(Action fire) : ITimer
    {
        public long Due { get; set; } = long.MaxValue;

        public void Fire() => fire();

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Due = dueTime == Timeout.InfiniteTimeSpan ? long.MaxValue : dueTime.Ticks;
            return true;
        }

        public void Dispose() => Due = long.MaxValue;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
