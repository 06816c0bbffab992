
namespace Microsoft.ML.Gloro.Inference;

/// <summary>
/// One scorer for every transformer of the same network in the same arithmetic, made when the first row is scored
/// and freed with the last owner: a model that is only trained and saved never pays for one.
/// </summary>
/// <remarks>Safe for concurrent use.</remarks>
internal sealed class SharedScorer(GloroModel model, int threads, ExecutionProvider? provider = null)
{
    private readonly object _gate = new();
    private INetworkScorer? _scorer;
    private int _owners = 1;

    /// <summary>The scorer. Only an owner may ask for it.</summary>
    public INetworkScorer Get() => Volatile.Read(ref _scorer) ?? Create();

    /// <summary>Counts one more owner.</summary>
    /// <exception cref="ObjectDisposedException">The last owner is gone.</exception>
    public SharedScorer AddOwner()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_owners == 0, this);
            _owners++;
            return this;
        }
    }

    /// <summary>An owner leaves; the last one takes the scorer with it (as soon as no row is being scored).</summary>
    public void Release()
    {
        lock (_gate)
        {
            if (--_owners == 0)
                _scorer?.Dispose();
        }
    }

    private INetworkScorer Create()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_owners == 0, this);
            if (_scorer is null)
            {
                Volatile.Write(ref _scorer, model.Arithmetic == CertificateArithmetic.Float64
                    ? new Float64Scorer(model.Network, threads)
                    : new OnnxScorer(model.Network, threads, provider));
            }

            return _scorer!;
        }
    }
}
