namespace Microsoft.ML.Gloro.Analysis;

/// <summary>
/// The styles of a report. Each selector begins with the report's class, so an enclosing page keeps its own styles. The page holds narrow
/// and wide charts; the width of the report, not of the window, selects one, since these differ in a notebook.
/// </summary>
internal static class ReportStyle
{
    public const string Css = """
        .gloro-report{--page:#fcfcfa;--ink:#1a2026;--soft:#566069;--line:#dde1e3;--faint:#eef0f0;--accent:#0b3d73;--good:#0f6e4f;
        --open:#8a5200;--none:#b9c0c6;--set:#3f9ad0;--heat:11,61,115;
        print-color-adjust:exact;-webkit-print-color-adjust:exact;
        color-scheme:light dark;container-type:inline-size;background:var(--page);color:var(--ink);
        font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;overflow-wrap:anywhere;
        -webkit-text-size-adjust:100%}
        @media screen and (prefers-color-scheme:dark){.gloro-report{--page:#12161a;--ink:#e6ebef;--soft:#9da8b2;--line:#2c343b;
        --faint:#1b2127;--accent:#b5dcff;--good:#5fcfa4;--open:#f0b660;--none:#4a545d;--set:#2d7ad6;--heat:125,190,255}}
        .gloro-report *{box-sizing:border-box}
        .gloro-report main{max-width:60rem;margin:0 auto;padding:clamp(1.25rem,5cqi,3.5rem) 1rem 4rem}
        .gloro-report h1{font-size:clamp(1.5rem,5cqi,2.25rem);line-height:1.15;letter-spacing:-.02em;font-weight:680;margin:0 0 .5rem;
        text-wrap:balance;color:var(--ink)}
        .gloro-report h2{font-size:1.2rem;line-height:1.3;letter-spacing:-.01em;font-weight:650;margin:0 0 .35rem;color:var(--ink)}
        .gloro-report h3{font-size:1rem;font-weight:650;margin:1.75rem 0 .25rem;color:var(--ink)}
        .gloro-report section{margin-top:3.25rem;padding-top:1.5rem;border-top:1px solid var(--line)}
        .gloro-report p{margin:0 0 .75rem;max-width:44rem}
        .gloro-report .soft{color:var(--soft)}
        .gloro-report .lead{font-size:1.125rem;line-height:1.5}
        .gloro-report .note{font-size:.875rem;color:var(--soft)}
        .gloro-report b{font-weight:650}
        .gloro-report a{color:inherit}
        .gloro-report .figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.25rem,1fr));gap:1.25rem 1.5rem;
        margin:1.75rem 0 1.5rem;padding:0}
        .gloro-report .figures div{border-top:2px solid var(--line);padding-top:.5rem;min-width:0}
        .gloro-report .figures .first{border-color:var(--accent)}
        .gloro-report .figures dd{margin:0;font-size:1.75rem;line-height:1.15;font-weight:640;letter-spacing:-.02em;
        font-variant-numeric:tabular-nums}
        .gloro-report .figures .first dd{color:var(--accent)}
        .gloro-report .figures small{font-size:.875rem;font-weight:400;letter-spacing:0;color:var(--soft);white-space:nowrap}
        .gloro-report .figures dt{font-size:.875rem;color:var(--soft);line-height:1.35;margin-top:.15rem}
        .gloro-report .figures div{display:flex;flex-direction:column-reverse;justify-content:flex-end}
        .gloro-report .parts{display:flex;height:1.5rem;margin:1.25rem 0 .5rem;gap:2px}
        .gloro-report .parts span{display:block;min-width:2px;border-radius:2px}
        .gloro-report .key{list-style:none;display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));
        gap:.3rem 1.5rem;margin:0;padding:0;font-size:.875rem}
        .gloro-report .key li{display:flex;gap:.5rem;align-items:baseline;margin:0}
        .gloro-report .key i{flex:none;width:.7rem;height:.7rem;border-radius:2px}
        .gloro-report .key b{font-variant-numeric:tabular-nums;min-width:3.4rem;text-align:right}
        .gloro-report .one{background:var(--accent)}
        .gloro-report .set{background:var(--set)}
        .gloro-report .wrong{background:repeating-linear-gradient(135deg,var(--open) 0 3px,transparent 3px 6px);
        outline:1px solid var(--open);outline-offset:-1px}
        .gloro-report .not{background:var(--none)}
        .gloro-report svg{display:block;width:100%;height:auto;overflow:visible;font-family:inherit}
        .gloro-report svg text{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
        .gloro-report svg .strong{fill:var(--ink);font-weight:650}
        .gloro-report svg .title{fill:var(--ink);font-weight:650;font-size:13px}
        .gloro-report svg .grid{stroke:var(--line);stroke-width:1;fill:none}
        .gloro-report svg .axis{stroke:var(--soft);stroke-width:1;fill:none}
        .gloro-report svg .lead-line{stroke:var(--none);stroke-width:1;fill:none}
        .gloro-report svg .at{stroke:var(--ink);stroke-width:1;stroke-dasharray:2 3;fill:none}
        .gloro-report svg .clean{stroke:var(--soft);stroke-width:1.5;stroke-dasharray:6 4;fill:none}
        .gloro-report svg .line{stroke-width:2.5;fill:none}
        .gloro-report svg .halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
        .gloro-report .probe{opacity:0}
        .gloro-report .probe:hover{opacity:1}
        .gloro-report .probe rect{fill:none;pointer-events:all}
        .gloro-report .probe text,.gloro-report .probe path{pointer-events:none}
        .gloro-report svg .dot{stroke:var(--page);stroke-width:1.5}
        .gloro-report .narrow{display:none}
        @container (max-width:46rem){.gloro-report .wide{display:none}.gloro-report .narrow{display:block;max-width:30rem}
        .gloro-report section{margin-top:2.5rem}}
        .gloro-report .two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1.5rem 3rem;margin-top:1rem}
        .gloro-report .two>*{min-width:0;max-width:30rem;margin:0}
        .gloro-report figure{margin:1rem 0}
        .gloro-report .scroll{overflow-x:auto;margin:1rem 0 0}
        .gloro-report .scroll+.note{margin-top:.75rem}
        .gloro-report table{border-collapse:collapse;font-size:.9rem;font-variant-numeric:tabular-nums;width:100%;line-height:1.35;
        background:none;margin:0;border:0}
        .gloro-report th,.gloro-report td{text-align:right;padding:.38rem .35rem;border:0;border-bottom:1px solid var(--line);
        vertical-align:baseline;background:none;color:inherit;font-weight:400;white-space:nowrap;overflow-wrap:normal}
        .gloro-report tr{background:none}
        .gloro-report thead th,.gloro-report tbody th,.gloro-report td.text{white-space:normal}
        .gloro-report tbody th{overflow-wrap:break-word;max-width:16rem}
        .gloro-report .heat tbody th{overflow-wrap:anywhere}
        .gloro-report tbody th.whole{white-space:nowrap}
        .gloro-report thead th{color:var(--soft);font-size:.8125rem;line-height:1.25;vertical-align:bottom}
        .gloro-report th:first-child,.gloro-report td.text,.gloro-report th.text{text-align:left;padding-left:0}
        .gloro-report td.text{overflow-wrap:anywhere}
        .gloro-report th:last-child,.gloro-report td:last-child{padding-right:0}
        .gloro-report tbody th{font-weight:500}
        .gloro-report .this th,.gloro-report .this td{font-weight:680}
        .gloro-report svg.swatch{display:inline-block;width:1.25rem;height:.25rem;vertical-align:.22rem;margin-right:.45rem}
        .gloro-report td small{color:var(--soft);font-size:.8125em;font-weight:400}
        .gloro-report .bar{position:relative}
        .gloro-report .bar i{display:block;height:.25rem;margin-top:.2rem;border-radius:1px;background:var(--accent)}
        .gloro-report .classes td.bar{min-width:7rem}
        .gloro-report .heat{width:auto;table-layout:fixed;font-size:.75rem;margin-top:.5rem}
        .gloro-report .heat th,.gloro-report .heat td{border:0;padding:0;line-height:1.2}
        .gloro-report .heat thead th{font-size:.75rem;height:10.5rem;vertical-align:bottom;text-align:left}
        .gloro-report .heat thead span{display:block;writing-mode:vertical-rl;transform:rotate(180deg);max-height:10rem;overflow:hidden;
        white-space:nowrap;text-overflow:ellipsis;margin:0 auto;padding-top:.3rem}
        .gloro-report .heat tbody th{text-align:right;padding-right:.4rem;font-size:.75rem;color:var(--soft);
        width:clamp(5.2rem,24cqi,10.5rem);overflow:hidden;text-overflow:ellipsis;vertical-align:middle}
        .gloro-report .heat thead th:first-child{width:clamp(5.2rem,24cqi,10.5rem)}
        .gloro-report .heat td{text-align:center;vertical-align:middle;width:clamp(1.3rem,6cqi,2.6rem);height:clamp(1.4rem,6cqi,2.2rem);
        border:1px solid var(--page)}
        .gloro-report .heat td.self{background:var(--faint)}
        .gloro-report .heat td.dark{color:var(--page)}
        .gloro-report .gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(8.25rem,1fr));gap:1.25rem 1rem;margin:.9rem 0 0;
        padding:0;list-style:none}
        @container (max-width:46rem){.gloro-report .gallery{grid-template-columns:repeat(auto-fill,minmax(6.6rem,1fr));gap:1rem .75rem}}
        .gloro-report .gallery li{margin:0;min-width:0;font-size:.8125rem;line-height:1.35}
        .gloro-report .gallery img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:4px;margin:0 0 .4rem}
        .gloro-report .chips{display:flex;flex-wrap:wrap;gap:.25rem;margin:0 0 .25rem}
        .gloro-report .chips span{border:1px solid var(--accent);color:var(--accent);border-radius:3px;padding:0 .3rem;font-weight:600}
        .gloro-report .chips .nothing{border:1px dashed var(--open);color:var(--open);font-weight:500}
        .gloro-report .gallery .yes,.gloro-report .gallery .no{display:block}
        .gloro-report .gallery .yes{color:var(--good)}
        .gloro-report .gallery .no{color:var(--open)}
        .gloro-report .gallery span.soft{display:block}
        .gloro-report .side{display:block;border-left:3px solid var(--c);padding-left:.4rem;margin:0 0 .3rem}
        .gloro-report .side b{display:block}
        .gloro-report table.strip{table-layout:fixed;max-width:44rem;margin-top:1rem}
        .gloro-report .strip th,.gloro-report .strip td{text-align:left;vertical-align:top;border:0;padding:.25rem .5rem .75rem 0;
        white-space:normal;overflow-wrap:anywhere;font-size:.8125rem}
        .gloro-report .strip img{display:block;width:100%;height:auto;image-rendering:pixelated;border-radius:4px;margin:0 0 .3rem}
        .gloro-report dl.facts{display:grid;grid-template-columns:minmax(8rem,14rem) minmax(0,1fr);gap:.35rem 1.25rem;margin:1rem 0 0;
        font-size:.9rem}
        .gloro-report dl.facts dt{color:var(--soft)}
        .gloro-report dl.facts dd{margin:0;font-variant-numeric:tabular-nums}
        @container (max-width:30rem){.gloro-report dl.facts{grid-template-columns:minmax(0,1fr);gap:0}
        .gloro-report dl.facts dd{margin-bottom:.6rem}.gloro-report .more{display:none}
        .gloro-report td small{display:block}.gloro-report table{font-size:.8125rem}
        .gloro-report thead th{font-size:.75rem}}
        .gloro-report code{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;font-size:.85em;background:none;
        color:inherit;padding:0;word-break:break-all}
        .gloro-report details{margin-top:1rem}
        .gloro-report summary{cursor:pointer;color:var(--accent);font-weight:600;font-size:.9rem}
        .gloro-report summary:focus-visible,.gloro-report .scroll:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
        @media print{.gloro-report{--page:#fff;zoom:.8}.gloro-report main{max-width:none;padding:0}
        .gloro-report h2,.gloro-report h3,.gloro-report h2+.note,.gloro-report h3+.note,.gloro-report thead,
        .gloro-report dl.facts dt{break-after:avoid}
        .gloro-report p,.gloro-report figure,.gloro-report table,.gloro-report tr,.gloro-report li,.gloro-report .figures,
        .gloro-report .parts{break-inside:avoid}
        .gloro-report details table{break-inside:auto}
        .gloro-report section{margin-top:1.75rem;padding-top:1rem}
        .gloro-report .scroll{overflow:visible}.gloro-report .probe{display:none}
        .gloro-report details::details-content{content-visibility:visible;display:block;height:auto}}
        """;
}
