using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>The rows that a training was given, as it keeps them in memory.</summary>
/// <param name="Train">The rows to train on.</param>
/// <param name="Validation">The rows to validate on; null for none.</param>
/// <param name="Counts">How many rows of each class are trained on.</param>
/// <param name="OfWeight0">How many rows were left out because their weight is 0.</param>
internal sealed record TrainingRows(TrainingSet Train, TrainingSet? Validation, int[] Counts, long OfWeight0 = 0);

/// <summary>Reads the data of a training: checks the columns, chooses the shape of the input, and reads and splits the rows.</summary>
internal sealed class TrainingInput(GloroTrainerOptions options, GloroModel? initial)
{
    private const int LargestUnasked = 256 * 256; // pixels; images of 224×224 are usual
    private const int SuggestedSide = 128, Smallest = GloroImageClassificationOptions.SmallestSide;

    /// <summary>Refuses columns that cannot be trained on, and gives the names of the classes.</summary>
    /// <exception cref="ArgumentException">A column is missing or has the wrong type.</exception>
    /// <exception cref="InvalidOperationException">Without rows there are not even two classes.</exception>
    public string[] Check(IDataView data)
    {
        var label = LabelColumn.Find(data.Schema, options.LabelColumnName);
        FeatureColumn.Classify(FindFeature(data.Schema), options.IsImage);
        if (options.ExampleWeightColumnName is { } weight)
            WeightColumn.Find(data.Schema, weight);
        string[] classNames = LabelColumn.ClassNames(label);
        return classNames.Length >= 2 || !ViewRows.IsEmpty(data) ? classNames : throw NoTrainingRows();
    }

    /// <summary>The type of the label's values.</summary>
    public LabelType LabelTypeOf(DataViewSchema schema) => KeyNames.TypeOf(LabelColumn.Find(schema, options.LabelColumnName));

    /// <summary>Refuses a validation set whose columns or classes differ from those of the training data.</summary>
    /// <exception cref="ArgumentException">They differ.</exception>
    /// <exception cref="InvalidOperationException">It has no rows.</exception>
    public void CheckValidationSet(string[] classNames)
    {
        if (options.ValidationSet is not { } view)
            return;
        if (ViewRows.IsEmpty(view))
            throw NoValidationRows();
        try
        {
            LabelMap.CreateForTraining(LabelColumn.Find(view.Schema, options.LabelColumnName), classNames);
            FeatureColumn.Classify(FeatureColumn.Find(view.Schema, options.FeatureColumnName), options.IsImage);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException(
                $"The {nameof(GloroTrainerOptions.ValidationSet)} does not fit the training data: {ErrorText.Sentence(e)} " +
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

    /// <summary>What to set if images are unusually large and the options do not ask for that size; null otherwise.</summary>
    public string? SizeWarning(InputSpec spec)
    {
        var (height, width) = (spec.Shape.Height, spec.Shape.Width);
        if (!spec.IsImage || initial is not null || options.InputSize is not null || (long)height * width <= LargestUnasked)
            return null;
        double scale = (double)SuggestedSide / Math.Max(height, width);
        (int, int) smaller = (Math.Max(Smallest, (int)(height * scale)), Math.Max(Smallest, (int)(width * scale)));
        return $"{nameof(GloroImageClassificationOptions.ImageSize)} is not set, so the network reads images of {height}×{width} pixels " +
            "(height × width), the size of the first one. Training, proving the bound and scoring will take much time and memory. " +
            $"Set {nameof(GloroImageClassificationOptions.ImageSize)} = {smaller}, for example, " +
            $"or = ({height}, {width}) if you want that size.";
    }

    /// <summary>The views of the deployed model. Checks that augmentation and views fit the inputs.</summary>
    /// <exception cref="ArgumentException">One of them does not fit.</exception>
    public GloroImageViews ChooseViews(InputSpec spec)
    {
        var views = options.ImageViews ?? initial?.Network.Views ?? GloroImageViews.One;
        OptionFaults.ThrowIfAny("the Gloro trainer", Misfits(spec.Shape, views));
        return views;
    }

    /// <summary>
    /// How far each feature can be off: the option, or what the initial model was trained with; null for L2 distances.
    /// </summary>
    /// <exception cref="ArgumentException">The tolerances do not fit the features or the initial model's network.</exception>
    public float[]? ChooseTolerances(IDataView input, InputSpec spec)
    {
        if (options.FeatureTolerances is not { } own)
            return initial?.Network.Metric?.Tolerances;
        var feature = FindFeature(input.Schema);
        float[] tolerances = own.Resolve(spec.Shape.Size, FeatureColumn.SlotNames(feature), feature.Name);
        initial?.Network.WithTolerances(tolerances); // refuses a network that cannot have them
        return tolerances;
    }

    /// <summary>Reads all rows with a label; of rows to train on, without those of weight 0.</summary>
    public LabeledRows Read(IDataView data, bool toTrainOn, InputSpec spec, string[] classNames, CancellationToken stop) =>
        TrainingDataReader.Read(data, toTrainOn, options, spec, classNames, stop);

    /// <summary>Reads the rows, sets some aside for validation if there is no validation set, and counts the classes.</summary>
    /// <exception cref="InvalidOperationException">There are no rows, or only rows of one class.</exception>
    public TrainingRows ReadAndSplit(
        IDataView input, InputSpec spec, string[] classNames, int seed, Action<string> warn, CancellationToken stop)
    {
        var read = Read(input, toTrainOn: true, spec, classNames, stop);
        var train = read.Read > 0 ? Labeled(read, "training rows", warn) : throw NoTrainingRows();
        if (options.ValidationSet is not { } view)
        {
            var (rest, part) = TrainingSplit.Split(train, options.ValidationFraction, seed);
            return new TrainingRows(rest, part, CountClasses(rest, classNames, warn), read.OfWeight0);
        }

        int[] counts = CountClasses(train, classNames, warn);
        var validation = Labeled(Read(view, toTrainOn: false, spec, classNames, stop), "validation rows", warn);
        return new TrainingRows(train, validation, counts, read.OfWeight0);
    }

    private static InvalidOperationException NoTrainingRows() => ViewRows.NoRows("The training data", "to train on");

    private static InvalidOperationException NoValidationRows() =>
        ViewRows.NoRows($"The {nameof(GloroTrainerOptions.ValidationSet)}", "to validate on");

    private TrainingSet Labeled(LabeledRows read, string rows, Action<string> warn)
    {
        if (read is { Rows.Count: 0, OfWeight0: > 0 })
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"Each of the {read.OfWeight0:N0} {rows} with a label has weight 0 in column '{options.ExampleWeightColumnName}'. ") +
                "Give the rows to train on a weight above 0.");
        }

        if (read.Rows.Count == 0)
        {
            throw new InvalidOperationException(FormattableString.Invariant(
                $"None of the {read.Read:N0} {rows} has a label in column '{options.LabelColumnName}'. ") +
                "MapValueToKey gives no label to values that it was not fitted on.");
        }

        if (read.WithoutLabel > 0)
            warn(LabelColumn.MissingWarning(options.LabelColumnName, read.WithoutLabel, read.Read, rows));
        return read.Rows;
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
            // ML.NET's cache drops such columns without a message, although GetOutputSchema promises them.
            throw new ArgumentException(
                $"{ErrorText.Sentence(e)} Mind that AppendCacheCheckpoint and Cache drop columns of images; " +
                "the trainer keeps what it reads and needs neither.", e);
        }
    }

    private static int[] CountClasses(TrainingSet rows, string[] classNames, Action<string> warn)
    {
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
