using Microsoft.ML.Data;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Finds the one Gloro transformer in a model: the model itself, or a part of a chain, which may be nested.</summary>
internal static class GloroInChain
{
    /// <summary>The Gloro transformer of <paramref name="model"/>.</summary>
    /// <exception cref="ArgumentException">There is none, or more than one.</exception>
    public static GloroTransformer Find(ITransformer model)
    {
        GloroTransformer[] found = [.. All(model)];
        return found.Length == 1
            ? found[0]
            : throw new ArgumentException(
                $"The model ({model.GetType().Name}) must be a Gloro transformer, or a chain of transformers with exactly one " +
                $"among them, and has {found.Length}.", nameof(model));
    }

    /// <summary>The same model with its Gloro transformer replaced. A chain becomes a new chain; its other transformers stay.</summary>
    /// <exception cref="ArgumentException">There is none, or more than one.</exception>
    public static ITransformer Replace(ITransformer model, Func<GloroTransformer, GloroTransformer> change)
    {
        Find(model);
        return ReplaceIn(model, change);
    }

    /// <summary>
    /// The rows of <paramref name="data"/> as the Gloro transformer of <paramref name="model"/> gets them: transformed by all steps
    /// before it.
    /// </summary>
    public static IDataView TransformBefore(ITransformer model, IDataView data)
    {
        if (model is not IEnumerable<ITransformer> chain)
            return data;
        foreach (ITransformer part in chain)
        {
            if (All(part).Any())
                return TransformBefore(part, data);
            data = part.Transform(data);
        }

        return data;
    }

    private static IEnumerable<GloroTransformer> All(ITransformer model) => model switch
    {
        GloroTransformer gloro => [gloro],
        IEnumerable<ITransformer> chain => chain.SelectMany(All),
        _ => [],
    };

    private static ITransformer ReplaceIn(ITransformer model, Func<GloroTransformer, GloroTransformer> change) => model switch
    {
        GloroTransformer gloro => change(gloro),
        IEnumerable<ITransformer> chain when All(model).Any() =>
            new TransformerChain<ITransformer>([.. chain.Select(part => ReplaceIn(part, change))]),
        _ => model,
    };
}
