using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.MLNet;

/// <summary>Writes a fitted model as an ONNX file.</summary>
internal static class OnnxExporter
{
    /// <summary>Writes the file. Nothing is written if the model or an option is refused.</summary>
    /// <exception cref="ArgumentException">
    /// The model has no Gloro transformer or more than one, an option cannot be used, or the stream cannot be written to.
    /// </exception>
    public static void Write(ITransformer model, Stream stream, GloroOnnxOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(stream);
        options = options.Copy();
        GloroTransformer transformer = GloroInChain.Find(model);
        GloroModel gloro = transformer.GloroModel;
        var guarantee = gloro.ResolvedGuarantee;
        int? features = gloro.IsImage ? null : gloro.Network.InputShape.Size;
        options.Validate(gloro.ClassNames.Count, features, guarantee.MaxK, GuaranteeGraph.Sets(guarantee).Count);
        if (!stream.CanWrite)
            throw new ArgumentException("The stream cannot be written to: it was opened for reading, or is closed.", nameof(stream));
        options.NameInput(transformer.FeatureColumnName, gloro.Network.InputShape.Size, gloro.IsImage);
        if (options.Arithmetic is { } arithmetic)
            gloro = InArithmetic(gloro, arithmetic);
        stream.Write(PortableModel.Build(gloro, LargestCenter(gloro), options));
    }

    private static GloroModel InArithmetic(GloroModel model, CertificateArithmetic arithmetic)
    {
        GloroModel other = model.With(arithmetic);
        if (model.Coverage is null || other.Coverage is not null)
            return other;
        throw new ArgumentException(
            $"The model's coverage sets were calibrated in {model.Arithmetic}, and a file in {arithmetic} would lose them. Calibrate " +
            $"mlContext.Gloro.WithArithmetic(model, CertificateArithmetic.{arithmetic}) and export its Model; for a file without " +
            "coverage sets, export a model that is not calibrated.");
    }

    /// <summary>Rows up to this norm are certified, in the model's own arithmetic and in that of a graph.</summary>
    public static float LargestCenter(GloroModel model) =>
        Math.Min(new InputGuard(model).LargestCenter, new InputGuard(model.With(CertificateArithmetic.Float64)).LargestCenter);
}
