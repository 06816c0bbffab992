using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Inference;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section on the provenance of the model and the report.</summary>
internal static class ProvenanceSection
{
    public static void Add(HtmlText page, ReportData data)
    {
        page.Add($"<section>\n<h2>Where this comes from</h2>\n<dl class=\"facts\">\n");
        if (data.Options.DataName is { } name)
            Fact(page, "data", $"{name}");
        Fact(page, data.Rows, $"{ReportNumbers.Count(data.RowCount)}");
        if (data.Options.Date is { } date)
            Fact(page, "date", $"{date:yyyy-MM-dd}");
        Fact(page, "guarantee", $"{data.Main.Guarantee.ToString()}");
        string unit = data.Tolerances is null ? "L2" : "in tolerances of the features";
        Fact(page, "ε", $"{ReportNumbers.EpsilonInFull(data.Epsilon)} ({unit})");
        if (data.Tolerances is { } tolerances)
            Fact(page, "tolerances", $"{DistanceText.List(tolerances)}");
        if (data.Model is { } model)
            Model(page, model);
        Fact(page, "classes", $"{data.ClassNames.Count}");
        Fact(page, "this report", $"Microsoft.ML.Gloro {ModelProvenance.OfThisLibrary("").LibraryVersion}");
        page.Add($"</dl>\n");
        if (data.Model is { } known)
            Layers(page, known);
        else
            page.Add($"<p class=\"note\">The model was not given; its bounds, the hash of its weights and its training are not known here.")
                .Add($"</p>\n");
        page.Add($"</section>\n");
    }

    private static void Model(HtmlText page, GloroModel model)
    {
        const string real = "real; rounding covered at the row only";
        Fact(page, "arithmetic", $"{(model.Arithmetic == CertificateArithmetic.Float64 ? "float64; rounding covered" : real)}");
        Fact(page, "weights", $"<code>{model.Bound.WeightHash}</code> (SHA-256; the bounds were proved for these)");
        Fact(page, "Lipschitz bound κ", $"{model.Bound.Value:G7}, from the input to the last layer but one; ",
            $"at most {ReportNumbers.Percent(model.Bound.Slack)} above what its layers attain");
        TensorShape input = model.Network.InputShape;
        Fact(page, "input", model.IsImage
            ? (FormattableString)$"images of {input.Width} × {input.Height} pixels, RGB in [0, 1]"
            : $"{input.Size} features");
        if (model.Network.ViewCount > 1)
            Fact(page, "views", $"{model.Network.ViewCount} of each image, turned or mirrored; logits are their means");
        if (model.Provenance.Training.Length > 0)
            Fact(page, "training", $"{model.Provenance.Training}");
        if (model.TrainingRowCounts.Count > 0)
        {
            IReadOnlyList<int> counts = model.TrainingRowCounts;
            Fact(page, "training rows", $"{ReportNumbers.Count(counts.Sum(count => (long)count))}, ",
                $"{ReportNumbers.Count(counts.Min())} to {ReportNumbers.Count(counts.Max())} a class");
        }

        Fact(page, "made for", $"{model.Guarantee.ToString()} at ε = {ReportNumbers.EpsilonInFull(model.Epsilon)}");
        Fact(page, "made by", $"Microsoft.ML.Gloro {model.Provenance.LibraryVersion}");
        Fact(page, "temperature of scores", $"{model.Temperature:0.####}; certificates do not depend on it");
    }

    private static void Layers(HtmlText page, GloroModel model)
    {
        page.Add($"<details><summary>The bounds of {model.Bound.Layers.Count} layers</summary>\n")
            .Add($"<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Bounds of layers\"><table>\n");
        page.Add($"<thead><tr><th scope=\"col\">layer</th><th scope=\"col\" class=\"text\">kind</th><th scope=\"col\">bound</th>")
            .Add($"<th scope=\"col\">attained</th><th scope=\"col\" class=\"text\">proved by</th></tr></thead>\n<tbody>\n");
        foreach (LayerBound layer in model.Bound.Layers)
            page.Add($"<tr><th scope=\"row\">{layer.Index}</th><td class=\"text\">{layer.Kind}</td><td>{layer.Bound:G6}</td>")
                .Add($"<td>{layer.Attained:G6}</td><td class=\"text\">{layer.Method}</td></tr>\n");
        page.Add($"</tbody>\n</table></div>\n<p class=\"note\">The last layer is no factor of κ; the differences of its rows give each ")
            .Add($"pair of classes a constant of its own.</p></details>\n");
    }

    private static void Fact(HtmlText page, string name, params FormattableString[] value) =>
        page.Add($"<dt>{name}</dt><dd>{HtmlText.Of(value)}</dd>\n");
}
