using Examples.Page;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;

namespace WebApi;

/// <summary>The model, and the engines that share it. Safe for concurrent use.</summary>
internal sealed class Certifier : IDisposable
{
    private readonly ServedModel _model;
    private readonly EnginePool<UploadedImage, ScoredImage> _engines;

    /// <param name="mlContext">The context to load and score with.</param>
    /// <param name="modelPath">The saved model.</param>
    /// <param name="guarantee">The guarantee to serve; null for the model's own.</param>
    /// <exception cref="FormatException">The file does not hold an image classifier that this example can show.</exception>
    public Certifier(MLContext mlContext, string modelPath, RobustnessGuarantee? guarantee)
    {
        _model = ServedModel.Load(mlContext, modelPath, guarantee);
        var gloro = _model.AtZero;
        var options = new PredictionEngineOptions
        {
            OwnsTransformer = false, // else the first engine to go would take the model with it
            InputSchemaDefinition = SchemaDefinition.Create(typeof(UploadedImage)),
            OutputSchemaDefinition = SchemaDefinition.Create(typeof(ScoredImage)),
        };
        options.InputSchemaDefinition[nameof(UploadedImage.Image)].ColumnName = gloro.FeatureColumnName;
        foreach (var column in options.OutputSchemaDefinition)
            column.ColumnName = gloro.OutputColumnPrefix + column.ColumnName;
        _engines = new(
            () => mlContext.Model.CreatePredictionEngine<UploadedImage, ScoredImage>(gloro, options), Environment.ProcessorCount);
    }

    /// <summary>What the model proves.</summary>
    public ModelCard Card => _model.Card;

    /// <summary>Scores and certifies an image file.</summary>
    /// <exception cref="UploadException">It is no image.</exception>
    public Task<Answer> CertifyAsync(byte[] file, CancellationToken cancellation) => _engines.UseAsync(
        engine =>
        {
            var (width, height) = Upload.Check(file);
            return ToAnswer(engine.Predict(new UploadedImage { Image = file }), width, height);
        },
        cancellation);

    public void Dispose()
    {
        _engines.Dispose();
        _model.Dispose();
    }

    private Answer ToAnswer(ScoredImage scored, int width, int height)
    {
        // As the library orders them: by logit, equal ones by index.
        ScoredClass[] classes =
        [
            .. Enumerable.Range(0, Card.Classes.Count).OrderByDescending(i => scored.Logits[i])
                .Select(i => new ScoredClass(Card.Classes[i], scored.Score[i])),
        ];
        int largest = scored.LoosestK;
        int[] holding = [.. Enumerable.Range(1, largest).Where(k => scored.TopKRadii[k - 1] > Card.Epsilon)];
        int tightest = holding.FirstOrDefault(), loosest = holding.LastOrDefault();
        string[] names = [.. classes.Take(loosest).Select(c => c.Name)], labels = names[..tightest];
        string[] groups = [.. Enumerable.Range(1, largest).Select(k => _model.AtZero.NameOf(classes.Take(k).Select(c => c.Name)))];
        string group = tightest > 0 ? groups[tightest - 1] : "";
        float radius = tightest > 0 ? scored.TopKRadii[tightest - 1] : scored.TopKRadii.Take(largest).DefaultIfEmpty(0).Max();
        return new(
            classes[0].Name, tightest > 0, labels, group, radius, names, Card.Epsilon, scored.TopKRadii, largest, groups, classes, width,
            height, Card.Say(labels, group, radius));
    }
}
