using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The rows that a training was given, as it keeps them in memory.</summary>
/// <param name="Train">The rows to train on.</param>
/// <param name="Validation">The rows to validate on; null for none.</param>
/// <param name="Counts">How many rows of each class are trained on.</param>
internal sealed record TrainingRows(TrainingSet Train, TrainingSet? Validation, int[] Counts);

/// <summary>What a trainer reads of a view: it checks the columns, chooses the shape of the input, and reads and splits the rows.</summary>
internal sealed class TrainingInput(GloroTrainerOptions options, GloroModel? initial)
{
    /// <summary>Refuses columns that cannot be trained on, and gives the names of the classes.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    public string[] Check(DataViewSchema schema)
    {
        var label = LabelColumn.Find(schema, options.LabelColumnName);
        FeatureColumn.Classify(FindFeature(schema), options.IsImage);
        return LabelColumn.ClassNames(label);
    }

    /// <summary>Refuses a validation set whose columns or classes differ from those of the training data.</summary>
    /// <exception cref="ArgumentException">They differ.</exception>
    public void CheckValidationSet(string[] classNames)
    {
        if (options.ValidationSet is not { } view)
            return;
        try
        {
            LabelColumn.MapToClasses(LabelColumn.Find(view.Schema, options.LabelColumnName), classNames);
            FeatureColumn.Classify(FeatureColumn.Find(view.Schema, options.FeatureColumnName), options.IsImage);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException(
                $"The {nameof(GloroTrainerOptions.ValidationSet)} does not fit the training data: {e.Message} " +
                "Give it as the trainer would get it, transformed by the steps before.", e);
        }
    }

    /// <summary>The shape of the network's input: that of the initial model, the option, or the first row.</summary>
    public InputSpec ChooseSpec(IDataView input)
    {
        if (initial is { IsImage: true })
            return InputSpec.Image(initial.Network.InputShape.Height, initial.Network.InputShape.Width);
        if (options.InputSize is { } size)
            return InputSpec.Image(size.Height, size.Width);
        var feature = FindFeature(input.Schema);
        var spec = InputSpecInference.Infer(input, feature, options.IsImage);
        return initial is null || initial.Network.InputShape == spec.Shape
            ? spec
            : throw new ArgumentException(
                $"Column '{feature.Name}' holds {spec}, and {nameof(GloroTrainerOptions.InitialModel)} takes a vector of " +
                $"{initial.Network.InputShape.Size}. Give it the features that it was trained on.");
    }

    /// <summary>The views of the deployed model, once the augmentation, the views and the network are known to fit the inputs.</summary>
    /// <exception cref="ArgumentException">One of them does not fit.</exception>
    public GloroImageViews ChooseViews(InputSpec spec, int classes)
    {
        var views = options.ImageViews ?? initial?.Network.Views ?? GloroImageViews.One;
        OptionFaults.ThrowIfAny("the Gloro trainer", Misfits(spec.Shape, views));
        if (initial is null)
            NetworkFactory.Check(options, spec.Shape, classes);
        return views;
    }

    /// <summary>Reads all rows with a label.</summary>
    public TrainingSet Read(IDataView data, InputSpec spec, string[] classNames, CancellationToken stop) => TrainingDataReader.Read(
        data, options.LabelColumnName, options.FeatureColumnName, spec, classNames, options.ImageAugmentation, stop);

    /// <summary>Reads the rows, sets some aside for validation if there is no validation set, and counts the classes.</summary>
    /// <exception cref="InvalidOperationException">There are no rows, or only rows of one class.</exception>
    public TrainingRows ReadAndSplit(
        IDataView input, InputSpec spec, string[] classNames, int seed, Action<string> warn, CancellationToken stop)
    {
        var train = Read(input, spec, classNames, stop);
        var validation = options.ValidationSet is { } view ? Read(view, spec, classNames, stop) : null;
        if (validation is null)
            (train, validation) = TrainingSplit.Split(train, options.ValidationFraction, seed);
        return new TrainingRows(train, validation, CountClasses(train, classNames, warn));
    }

    private IEnumerable<FormattableString> Misfits(TensorShape shape, GloroImageViews views)
    {
        if (options.ImageAugmentation.FaultFor(shape.Height, shape.Width) is { } misfit)
            yield return $"{nameof(GloroImageClassificationOptions.Augmentation)}: {misfit}";
        if (ImageView.FaultFor(views, shape) is { } unseen)
            yield return $"{nameof(GloroImageClassificationOptions.Views)}: {unseen}";
    }

    private DataViewSchema.Column FindFeature(DataViewSchema schema)
    {
        try
        {
            return FeatureColumn.Find(schema, options.FeatureColumnName);
        }
        catch (ArgumentException e) when (options.IsImage)
        {
            // ML.NET's cache silently leaves such columns out, after GetOutputSchema has promised them.
            throw new ArgumentException(
                $"{e.Message} Mind that AppendCacheCheckpoint and Cache drop columns of images; " +
                "the trainer keeps what it reads and needs neither.", e);
        }
    }

    private int[] CountClasses(TrainingSet rows, string[] classNames, Action<string> warn)
    {
        if (rows.Count == 0)
        {
            throw new InvalidOperationException(
                $"There is no row to train on: the data has no rows with a label in column '{options.LabelColumnName}'.");
        }

        int[] counts = new int[classNames.Length];
        for (int i = 0; i < rows.Count; i++)
            counts[rows.Label(i)]++;
        string[] unseen = [.. classNames.Where((_, i) => counts[i] == 0)];
        if (unseen.Length >= classNames.Length - 1)
        {
            throw new InvalidOperationException(
                $"All {rows.Count} rows to train on are of one class, '{classNames[Array.FindIndex(counts, c => c > 0)]}'. " +
                "Training needs rows of at least two.");
        }

        if (unseen.Length > 0)
        {
            warn($"No training row is of class {string.Join(", ", unseen)}. The model will hardly predict it, " +
                "and no certificate makes up for that; leave the class out of the labels, or add rows of it.");
        }

        return counts;
    }
}
