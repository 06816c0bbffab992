using ImageFolders;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Gloro;
using Microsoft.ML.Transforms.Image;

namespace WebApi;

/// <summary>The model, and the engines that share it. Safe for concurrent use.</summary>
internal sealed class Certifier : IDisposable
{
    private readonly IDisposable? _model;
    private readonly GloroTransformer _transformer;
    private readonly EnginePool<UploadedImage, ScoredImage> _engines;

    /// <exception cref="FormatException">The file does not hold an image classifier that this example can show.</exception>
    public Certifier(MLContext mlContext, string modelPath)
    {
        // Uploads are files in memory. The Gloro transformer decodes them itself, so steps that load images from paths are left out.
        _model = ImageModel.Load(mlContext, modelPath, out GloroTransformer gloro) as IDisposable;
        if (gloro.Guarantee.Match == AffinityMatch.Exact)
            throw new FormatException($"{modelPath} certifies whole affinity sets only. LargestK could not say which sets are allowed.");
        Card = ModelCard.Of(gloro, (ImageDataViewType)gloro.FeatureColumnType);

        // At ε = 0 the certified set is the largest that the guarantee allows at all. What holds at another ε follows from the radii.
        _transformer = (GloroTransformer)mlContext.Gloro.WithGuarantee(gloro, gloro.Guarantee, epsilon: 0);
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
            () => mlContext.Model.CreatePredictionEngine<UploadedImage, ScoredImage>(_transformer, options), Environment.ProcessorCount);
    }

    /// <summary>What the model proves.</summary>
    public ModelCard Card { get; }

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
        _transformer.Dispose();
        _model?.Dispose();
    }

    private Answer ToAnswer(ScoredImage scored, int width, int height)
    {
        // As the library orders them: by logit, equal ones by index.
        ScoredClass[] classes =
        [
            .. Enumerable.Range(0, Card.Classes.Count).OrderByDescending(i => scored.Logits[i])
                .Select(i => new ScoredClass(Card.Classes[i], scored.Score[i])),
        ];
        int k = scored.CertifiedK;
        while (k > 0 && !(scored.TopKRadii[k - 1] > Card.Epsilon))
            k--;
        string[] labels = [.. classes.Take(k).Select(c => c.Name)];
        float radius = k > 0 ? scored.TopKRadii[k - 1] : 0;
        return new(classes[0].Name, k > 0, labels, radius, scored.CertifiedRadius, Card.Epsilon, scored.TopKRadii, scored.CertifiedK,
            classes, width, height, Card.Say(labels, radius));
    }
}
