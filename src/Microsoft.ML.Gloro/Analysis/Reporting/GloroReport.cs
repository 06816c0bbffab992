using System.Text;
using Microsoft.ML.Gloro.Analysis;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro;

/// <summary>
/// A report on what is proved for the rows of a scored view: one self-contained HTML page without scripts or external resources.
/// </summary>
/// <remarks>
/// Immutable and safe for concurrent use. The same rows, options (with a date) and runtime give the same bytes.
/// </remarks>
public sealed class GloroReport
{
    private readonly RawHtml content;
    private readonly string title, summary;

    internal GloroReport(string title, string summary, RawHtml content) =>
        (this.title, this.summary, this.content) = (title, summary, content);

    /// <summary>
    /// Returns the report as an HTML fragment with scoped styles, for a notebook cell or another page. A page can hold several reports.
    /// </summary>
    public string ToHtml() => content.Html;

    /// <summary>Writes the report as a self-contained HTML file in UTF-8. If writing fails, an existing file stays unchanged.</summary>
    /// <param name="path">The file; its folder must exist. While writing, a file with the suffix ".partial" lies beside it.</param>
    /// <exception cref="IOException">The file cannot be written, or its folder does not exist.</exception>
    /// <exception cref="UnauthorizedAccessException">Access to the file is denied.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        AtomicFile.Write(path, file => file.Write(Encoding.UTF8.GetBytes(ReportPage.Document(title, content))));
    }

    /// <summary>The summary in sentences, as plain text in the invariant culture.</summary>
    public override string ToString() => summary;
}
