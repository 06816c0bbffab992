using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.ML.Gloro.Guarantees;
using Microsoft.ML.Gloro.Inputs;
using Microsoft.ML.Gloro.Training;

namespace Microsoft.ML.Gloro.Estimators;

/// <summary>What can be said of a training's data before any training: whether it can be used, and by which name to know it again.</summary>
internal static class DataDescription
{
    /// <summary>Refuses what every training on these views with these options would be refused for: columns, the guarantee, a missing libtorch.</summary>
    /// <exception cref="ArgumentException">A column is missing or of a wrong type, or the guarantee does not fit the classes.</exception>
    /// <exception cref="DllNotFoundException">libtorch is missing or does not load.</exception>
    /// <returns>The classes.</returns>
    public static string[] Check(IDataView train, IDataView validation, GloroTrainerOptions options)
    {
        string[] classNames = LabelColumn.ClassNames(LabelColumn.Find(train.Schema, options.LabelColumnName));
        FeatureColumn.Classify(FeatureColumn.Find(train.Schema, options.FeatureColumnName), options.IsImage);
        BoundGuarantee.Bind(options.Guarantee, classNames);
        try
        {
            LabelColumn.MapToClasses(LabelColumn.Find(validation.Schema, options.LabelColumnName), classNames);
            FeatureColumn.Classify(FeatureColumn.Find(validation.Schema, options.FeatureColumnName), options.IsImage);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"The validation rows do not fit the training data: {e.Message} Give them as the trainer would get them, transformed by the steps before.", nameof(validation), e);
        }

        TorchRuntime.EnsureLoaded();
        return classNames;
    }

    /// <summary>The number of rows with a label and a hash of what training reads of them, in one pass that keeps none of them.</summary>
    /// <param name="data">The rows.</param>
    /// <param name="like">The rows whose first image chooses the size of all.</param>
    /// <param name="options">Which columns, and the size of images.</param>
    /// <param name="cancellationToken">Honoured between rows.</param>
    public static string Describe(IDataView data, IDataView like, GloroTrainerOptions options, CancellationToken cancellationToken)
    {
        var label = LabelColumn.Find(data.Schema, options.LabelColumnName);
        var feature = FeatureColumn.Find(data.Schema, options.FeatureColumnName);
        var spec = options is GloroImageClassificationOptions { ImageSize: { } size }
            ? InputSpec.Image(size.Height, size.Width)
            : InputSpecInference.Infer(like, FeatureColumn.Find(like.Schema, options.FeatureColumnName), options.IsImage);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{spec} {string.Join('\n', LabelColumn.ClassNames(label))}"));
        using var cursor = data.GetRowCursor([label, feature]);
        var getLabel = cursor.GetGetter<uint>(label);
        using var reader = FeatureReader.Create(cursor, feature, spec, data);
        byte[] pixels = new byte[reader.ReadsBytes ? spec.Size : 0];
        float[] values = new float[reader.ReadsBytes ? 0 : spec.Size];
        uint[] key = new uint[1];
        long rows = 0;
        while (cursor.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            getLabel(ref key[0]);
            if (key[0] == 0)
                continue;
            rows++;
            if (reader.ReadsBytes)
                reader.ReadBytes(pixels);
            else
                reader.Read(values);
            hash.AppendData(MemoryMarshal.AsBytes<uint>(key));
            hash.AppendData(pixels);
            hash.AppendData(MemoryMarshal.AsBytes<float>(values));
        }

        return string.Create(CultureInfo.InvariantCulture, $"{rows} (SHA-256 {Convert.ToHexString(hash.GetHashAndReset())[..32]}…)");
    }
}
