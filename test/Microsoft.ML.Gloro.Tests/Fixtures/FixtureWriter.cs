using Microsoft.ML.Gloro.Inference;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Fixtures;

/// <summary>
/// How version 0.1.0 made the model files beside this class. Later versions must load them unchanged: add files, but do not replace any.
/// </summary>
[TestClass]
public sealed class FixtureWriter
{
    [TestMethod]
    [Ignore("Writes into the sources. To add a file, remove this attribute and run the test once.")]
    public void Write_FilesThatAreMissing()
    {
        // Every kind of layer, and two views.
        GloroModel relaxed = TestModels.Complete(new RandomNetworks(2).EveryKind().With(GloroImageViews.Mirrored));
        Write("images-relaxed", relaxed, "rtk:3", epsilon: 0.15f, "Image");

        // Eight views.
        GloroModel affinity = TestModels.Complete(new RandomNetworks(4).Turned());
        Write("images-affinity", affinity, "affinity:class 0+class 1,class 1+class 2+class 4", epsilon: 0.02f, "Image");

        GloroModel local = TestModels.Complete(new RandomNetworks(6).Vector(inputs: 6, hidden: 8, classes: 5));
        Write("table-local", local, "local", epsilon: 0.2f, "Features");

        // What the others leave at its default: arithmetic, temperature, prefix, and the exact meaning of affinity sets.
        GloroModel real = TestModels.Complete(new RandomNetworks(7).Vector(inputs: 6)).With(CertificateArithmetic.Real)
            .WithTemperature(0.75);
        Write("table-real", real, "affinity:#0+#2:exact:no-singletons", epsilon: 0.1f, "Features", prefix: "My");
    }

    private static void Write(string name, GloroModel model, string guarantee, float epsilon, string featureColumnName, string prefix = "")
    {
        string path = Path.Combine(Repository.Root, "test", "Microsoft.ML.Gloro.Tests", "Fixtures", name + ".zip");
        model = model.With(RobustnessGuarantee.Parse(guarantee), epsilon);
        using var transformer = TestModels.Transformer(model, featureColumnName, prefix);
        if (!File.Exists(path))
            File.WriteAllBytes(path, ModelFiles.Save(transformer, FixedInputs.Rows(transformer).Schema));
    }
}
