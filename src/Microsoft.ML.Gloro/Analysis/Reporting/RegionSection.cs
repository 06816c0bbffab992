using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>The section with decision regions; only if the model is given and reads two features.</summary>
internal static class RegionSection
{
    public static void Add(HtmlText page, ReportData data)
    {
        if (data.Model is not { IsImage: false, Network.InputShape.Size: 2 })
            return;
        GloroTransformer model = GloroInChain.Find(data.Options.Model!);
        if (data.Scored.Schema.GetColumnOrNull(model.FeatureColumnName) is null)
            return;
        var options = new GloroRegionOptions
        {
            Guarantees = [.. data.Guarantees.Select(one => one.Guarantee).Take(6)],
            Epsilon = data.Epsilon,
            LabelColumnName = data.Options.LabelColumnName,
        };
        page.Add($"<section>\n<h2>Decision regions</h2>\n<p class=\"note\">What is certified at each point of a grid over the two ")
            .Add($"features, at ε = {ReportNumbers.Epsilon(data.Epsilon)}: the smallest set that is. Stripes: a set of several classes. ")
            .Add($"Lines: where the predicted class changes. Points: {data.Rows} of the data.</p>\n<style>{RegionDrawing.Style}</style>\n")
            .Add($"<div class=\"two\">\n");
        RegionPanel[] panels = RegionDrawing.Panels(model, data.Scored, options, out _);
        foreach (RegionPanel panel in panels)
            panel.Add(page, new(""));
        page.Add($"</div>\n<ul class=\"key gloro-regions\">\n");
        foreach (var (name, sample) in RegionDrawing.Key(data.ClassNames, panels))
            page.Add($"<li><svg style=\"width:.8rem;flex:none\" viewBox=\"0 0 12 12\" aria-hidden=\"true\">")
                .Add($"{sample}</svg>{name}</li>\n");
        page.Add($"</ul>\n</section>\n");
    }
}
