namespace Microsoft.ML.Gloro.Tests;

/// <summary>
/// What the blocks of code in the documents may take for granted: usings as a project with ImplicitUsings has them, and names that the text
/// around a block explains.
/// </summary>
internal static class DocsCodeContext
{
    private const string Usings = """
        global using System;
        global using System.Collections.Generic;
        global using System.Diagnostics;
        global using System.IO;
        global using System.Linq;
        global using System.Net.Http;
        global using System.Threading;
        global using System.Threading.Tasks;
        global using Microsoft.ML;
        global using Microsoft.ML.Data;
        global using Microsoft.ML.Gloro;
        global using static Known;

        internal sealed class ImageRow
        {
            public string Label { get; set; } = "";
            public string ImagePath { get; set; } = "";
        }

        """;

    // Names of locals win over these, so a block that makes its own model is free to.
    private const string Names = """
        internal static class Known
        {
            public static MLContext mlContext = null!;
            public static IDataView data = null!, train = null!, validation = null!, test = null!, scored = null!;
            public static IDataView trainRows = null!, validationRows = null!;
            public static IDataView calibrationRows = null!, testRows = null!, newRows = null!;
            public static IEnumerable<ImageRow> trainImages = [], testImages = [];
            public static IEstimator<ITransformer> pipeline = null!;
            public static ITransformer model = null!;
            public static GloroMetrics metrics = null!;
            public static string imageFolder = "";
            public static IProgress<object>? progress = null;
            public static CancellationToken cancellationToken;
        }

        """;

    // Microsoft.ML.AutoML cannot be restored everywhere. This is as much of it as is shown.
    private const string AutoMl = """

        namespace Microsoft.ML.SearchSpace
        {
            public class Parameter
            {
                public Parameter this[string key] => this;
                public T AsType<T>() => default!;
            }

            public class SearchSpace
            {
                public bool Remove(string key) => true;
            }

            public class SearchSpace<T> : SearchSpace
            {
                public SearchSpace() { }
                public SearchSpace(T options) { }
            }
        }

        namespace Microsoft.ML.AutoML
        {
            public interface ITrialRunner : IDisposable
            {
                Task<TrialResult> RunAsync(TrialSettings settings, CancellationToken ct);
            }

            public class TrialSettings
            {
                public Microsoft.ML.SearchSpace.Parameter Parameter { get; set; } = null!;
            }

            public class TrialResult
            {
                public TrialSettings TrialSettings { get; set; } = null!;
                public ITransformer? Model { get; set; }
                public double Loss { get; set; }
                public double Metric { get; set; }
                public double DurationInMilliseconds { get; set; }
            }

            public class AutoCatalog
            {
                public AutoMLExperiment CreateExperiment() => null!;
                public SweepableEstimator CreateSweepableEstimator<T>(
                    Func<MLContext, T, IEstimator<ITransformer>> factory, Microsoft.ML.SearchSpace.SearchSpace<T> space)
                    where T : class, new() => null!;
            }

            public class SweepableEstimator;

            public class SweepablePipeline;

            public enum MulticlassClassificationMetric { MicroAccuracy }

            public class AutoMLExperiment
            {
                public AutoMLExperiment AddSearchSpace(string key, Microsoft.ML.SearchSpace.SearchSpace space) => this;
                public AutoMLExperiment SetMaxModelToExplore(int count) => this;
                public Task<TrialResult> RunAsync(CancellationToken ct = default) => null!;
            }

            public static class Extensions
            {
                public static AutoCatalog Auto(this MLContext context) => null!;
                public static SweepablePipeline Append(this IEstimator<ITransformer> estimator, SweepableEstimator trainer) => null!;
                public static AutoMLExperiment SetCostFrugalTuner(this AutoMLExperiment experiment) => experiment;
                public static AutoMLExperiment SetPipeline(this AutoMLExperiment experiment, SweepablePipeline pipeline) => experiment;
                public static AutoMLExperiment SetDataset(
                    this AutoMLExperiment experiment, IDataView train, IDataView validation) => experiment;
                public static AutoMLExperiment SetMulticlassClassificationMetric(
                    this AutoMLExperiment experiment, MulticlassClassificationMetric metric, string labelColumn = "label") => experiment;
                public static AutoMLExperiment SetTrialRunner<T>(this AutoMLExperiment experiment, T runner)
                    where T : ITrialRunner => experiment;
            }
        }
        """;

    // What a project of Microsoft.NET.Sdk.Web has beyond the others.
    private const string Web =
        "global using Microsoft.AspNetCore.Builder;\nglobal using Microsoft.AspNetCore.Hosting;\nglobal using Microsoft.AspNetCore.Http;\n";

    /// <summary>The context of a document.</summary>
    public static string Source(string document) => document switch
    {
        "docs/automl.md" => $"global using Microsoft.ML.AutoML;\nglobal using Microsoft.ML.SearchSpace;\n{Usings}{Names}{AutoMl}",
        "docs/start.md" => Web + Usings + Names,
        _ => Usings + Names,
    };
}
