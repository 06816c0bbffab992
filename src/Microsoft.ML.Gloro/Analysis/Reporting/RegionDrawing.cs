using System.Globalization;
using System.Text;
using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.MLNet;

namespace Microsoft.ML.Gloro.Analysis;

/// <summary>Draws decision regions of a model of two features: a panel for each guarantee.</summary>
internal static class RegionDrawing
{
    private const int Gap = 24, MostAcross = 3;

    /// <summary>The styles of panels; they also apply outside a report.</summary>
    public static RawHtml Style { get; } = MakeStyle();

    /// <summary>Reads, scores and draws; see <see cref="GloroCatalog"/>.</summary>
    public static string Run(ITransformer model, IDataView data, GloroRegionOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(data);
        ArgumentNullException.ThrowIfNull(options);
        options = options.Copy();
        options.Validate();
        RegionPanel[] panels = Panels(GloroInChain.Find(model), GloroInChain.TransformBefore(model, data), options, out RegionData regions);
        int across = Math.Min(panels.Length, MostAcross), down = (panels.Length + across - 1) / across;
        int width = (across * (RegionPanel.Width + Gap)) - Gap, height = (down * (RegionPanel.Height + Gap)) - Gap + 30;
        var svg = new HtmlText();
        svg.Add($"<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"gloro-regions\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" ")
            .Add($"height=\"{height}\" font-family=\"system-ui, sans-serif\" role=\"img\">\n<title>What is certified over the plane: ")
            .Add($"{string.Join(", ", panels.Select(panel => panel.Name))}</title>\n<style>{Style}</style>\n");
        svg.Add($"<rect class=\"page\" width=\"{width}\" height=\"{height}\"/>\n");
        for (int i = 0; i < panels.Length; i++)
        {
            int x = i % across * (RegionPanel.Width + Gap), y = i / across * (RegionPanel.Height + Gap);
            panels[i].Add(svg, new(string.Create(
                CultureInfo.InvariantCulture, $" x=\"{x}\" y=\"{y}\" width=\"{RegionPanel.Width}\" height=\"{RegionPanel.Height}\"")));
        }

        svg.Add($"<g transform=\"translate(46 {height - 14})\">");
        double left = 0;
        foreach (var (name, sample) in Key(regions.Model.ClassNames, panels))
        {
            svg.Add($"<g transform=\"translate({left:0.#} -10)\">{sample}</g>")
                .Add($"<text x=\"{left + 18:0.#}\" y=\"0\">{name}</text>");
            left += 40 + (7 * name.Length);
        }

        svg.Add($"</g>\n</svg>\n");
        return HtmlText.WithOwnIds(svg.ToRaw().Html);
    }

    /// <summary>The panels of a model.</summary>
    public static RegionPanel[] Panels(GloroTransformer model, IDataView data, GloroRegionOptions options, out RegionData regions)
    {
        List<RobustnessGuarantee> guarantees = [.. options.Guarantees];
        if (guarantees.Count == 0)
        {
            int k = model.Guarantee is { Kind: GuaranteeKind.RelaxedTopK, K: > 1 } own ? own.K : 2;
            guarantees.Add(RobustnessGuarantee.Local);
            if (k < model.ClassNames.Count)
                guarantees.Add(RobustnessGuarantee.RelaxedTopK(k));
            if (model.Guarantee.Kind == GuaranteeKind.Affinity)
                guarantees.Add(model.Guarantee);
        }

        ResolvedGuarantee[] bound = [.. guarantees.Select(one => ResolvedGuarantee.Bind(one, model.ClassNames))];
        if (Array.Find(bound, one => one.MaxK > model.GloroModel.RadiiCount) is { } far)
        {
            throw new ArgumentException($"The guarantee {far.Guarantee} can certify sets of up to {far.MaxK} classes, but the model " +
                $"gives radii only of sets of up to {model.GloroModel.RadiiCount}. Use mlContext.Gloro.WithGuarantee first.");
        }

        float epsilon = options.Epsilon ?? model.Epsilon;
        RegionData read = regions = RegionData.Read(model, data, options);
        return [.. bound.Select((one, place) => new RegionPanel(read, one, epsilon, place))];
    }

    /// <summary>The color key: names, each with a sample of 12 × 12 pixels.</summary>
    public static IEnumerable<(string Name, RawHtml Sample)> Key(IReadOnlyList<string> classNames, IEnumerable<RegionPanel> panels)
    {
        static RawHtml Whole(string css) => HtmlText.Of($"<rect class=\"{css}\" width=\"12\" height=\"12\"/>");
        foreach (var (name, i) in classNames.Take(8).Select((name, i) => (name, i)))
            yield return (name, Whole(FormattableString.Invariant($"k{i}")));
        if (panels.Any(panel => panel.HasSets))
        {
            yield return ("stripes: a set of these classes", HtmlText.Of([.. Enumerable.Range(0, 6)
                .Select(i => (FormattableString)$"<rect class=\"k{i % 2}\" x=\"{2 * i}\" width=\"2\" height=\"12\"/>")]));
        }

        yield return ("nothing proved", Whole("open"));
    }

    private static RawHtml MakeStyle()
    {
        var css = new StringBuilder();
        css.Append(".gloro-regions text{fill:#566069;font-size:12px}.gloro-regions .title{fill:#1a2026;font-size:13px;");
        css.Append("font-weight:650}.gloro-regions .name{fill:#1a2026;font-size:12px;font-weight:650;paint-order:stroke;");
        css.Append("stroke:#fcfcfa;stroke-width:3px;stroke-linejoin:round}");
        css.Append(".gloro-regions .page{fill:#fcfcfa}.gloro-regions .open{fill:#eceeef}.gloro-regions .frame{fill:none;");
        css.Append("stroke:#566069}.gloro-regions .edge{fill:none;stroke:#1a2026;stroke-width:1.25;");
        css.Append("vector-effect:non-scaling-stroke}");
        css.Append(".gloro-regions .point{stroke:#1a2026;stroke-width:.9}.gloro-regions .hollow{fill:none}");
        css.Append(".gloro-regions .ball{fill:none;stroke:#1a2026;stroke-width:1.25}");
        for (int i = 0; i < 8; i++)
            css.Append(CultureInfo.InvariantCulture, $".gloro-regions .k{i}{{fill:{ReportPalette.Class(i).Light}}}");
        css.Append("@media (prefers-color-scheme:dark){.gloro-regions text{fill:#9da8b2}");
        css.Append(".gloro-regions .title{fill:#e6ebef}.gloro-regions .name{fill:#e6ebef;stroke:#12161a}");
        css.Append(".gloro-regions .page{fill:#12161a}.gloro-regions .open{fill:#232a31}");
        css.Append(".gloro-regions .frame{stroke:#9da8b2}.gloro-regions .edge,.gloro-regions .point,.gloro-regions .ball{stroke:#e6ebef}");
        for (int i = 0; i < 8; i++)
            css.Append(CultureInfo.InvariantCulture, $".gloro-regions .k{i}{{fill:{ReportPalette.Class(i).Dark}}}");
        return new(css.Append('}').ToString());
    }
}
