using Microsoft.ML.Gloro;

namespace Microsoft.ML;

/// <summary>Makes the library's catalog a property of the MLContext.</summary>
public static class GloroMLContextExtensions
{
    extension(MLContext mlContext)
    {
        /// <summary>Provably robust classification. Before C# 14, write <c>new GloroCatalog(mlContext)</c>.</summary>
        public GloroCatalog Gloro => new(mlContext);
    }
}
