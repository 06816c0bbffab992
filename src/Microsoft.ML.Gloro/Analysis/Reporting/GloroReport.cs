using System.Text;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>What is proved of the rows of a scored view, to read and to hand on: one page without scripts, fonts or anything else from a network.</summary>
/// <remarks>Immutable and safe for concurrent use. The same rows, options and runtime give the same bytes: there is no date in it.</remarks>
public sealed class GloroReport
{
    private readonly RawHtml content;
    private readonly string title, summary;

    internal GloroReport(string title, string summary, RawHtml content) => (this.title, this.summary, this.content) = (title, summary, content);

    /// <summary>
    /// The report as a part of a page, with its own styles, which reach nothing outside of it: for a notebook's cell, or to put into a page of one's own. Several can stand in one page.
    /// </summary>
    public string ToHtml() => content.Html;

    /// <summary>Writes the report as an HTML file in UTF-8, which holds all that it shows. If that fails, what was there before is still there.</summary>
    /// <param name="path">The file; its folder must exist. While it is written, a file beside it has the same name with ".partial" behind.</param>
    /// <exception cref="IOException">The file cannot be written, or there is no such folder.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(ReportPage.Document(title, content))));
    }

    /// <summary>The summary in sentences, as plain text in the invariant culture.</summary>
    public override string ToString() => summary;
}
