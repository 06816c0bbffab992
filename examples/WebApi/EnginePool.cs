using System.Collections.Concurrent;
using Microsoft.ML;

namespace WebApi;

/// <summary>
/// Prediction engines for many requests at once. One engine per thread is ML.NET's rule: an engine serves one caller at a time. All engines
/// share one transformer, so an engine is cheap. At most <paramref name="size"/> callers run together and the others wait, because each
/// holds a decoded image and a processor.
/// (Microsoft.Extensions.ML's PredictionEnginePool does as well, where that package is at hand.)
/// </summary>
internal sealed class EnginePool<TInput, TOutput>(Func<PredictionEngine<TInput, TOutput>> create, int size) : IDisposable
    where TInput : class
    where TOutput : class, new()
{
    private readonly ConcurrentBag<PredictionEngine<TInput, TOutput>> _idle = [];
    private readonly SemaphoreSlim _places = new(size);

    /// <summary>Runs <paramref name="use"/> with an engine that nobody else has meanwhile.</summary>
    public async Task<TResult> UseAsync<TResult>(Func<PredictionEngine<TInput, TOutput>, TResult> use, CancellationToken cancellation)
    {
        await _places.WaitAsync(cancellation);
        try
        {
            if (!_idle.TryTake(out var engine))
                engine = create();
            try
            {
                var result = use(engine);
                _idle.Add(engine);
                return result;
            }
            catch
            {
                engine.Dispose(); // it stopped half-way: the next caller gets another
                throw;
            }
        }
        finally
        {
            _places.Release();
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var engine))
            engine.Dispose();
        _places.Dispose();
    }
}
