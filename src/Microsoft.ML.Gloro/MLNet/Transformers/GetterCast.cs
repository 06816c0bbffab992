namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Hands out a getter under the type that was asked for, or says what is wrong.</summary>
internal static class GetterCast
{
    public static ValueGetter<TValue> To<TValue>(Delegate? getter, DataViewSchema.Column column) => getter switch
    {
        ValueGetter<TValue> typed => typed,
        null => throw new InvalidOperationException($"Column '{column.Name}' was not asked for when the cursor or row was made."),
        _ => throw new InvalidOperationException($"Column '{column.Name}' holds {column.Type.RawType}, not {typeof(TValue)}."),
    };
}
