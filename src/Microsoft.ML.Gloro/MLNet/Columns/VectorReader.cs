using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Reads feature vectors, dense or sparse, as they are.</summary>
internal sealed class VectorReader(string columnName, InputSpec spec, ValueGetter<VBuffer<float>> getter, RowLocator locator)
    : FeatureReader(columnName, spec, locator)
{
    private VBuffer<float> _values;

    /// <inheritdoc/>
    public override void Read(Span<float> destination)
    {
        getter(ref _values);
        CheckLength(_values.Length);
        _values.CopyTo(destination);
    }
}
