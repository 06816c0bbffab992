using BenchmarkDotNet.Attributes;
using Microsoft.ML.Gloro.Core;

namespace Microsoft.ML.Gloro.Bench;

/// <summary>The certificate by itself: the first K classes and their radii.</summary>
[MemoryDiagnoser]
public class CertificateBenchmarks
{
    private float[] _logits = [], _radii = [];
    private int[] _order = [];
    private MarginConstants? _constants;

    /// <summary>C and K.</summary>
    [Params("10/5", "100/5", "1000/1", "1000/2", "1000/5", "1000/10", "1000/20")]
    public string ClassesAndK { get; set; } = "";

    /// <summary>Makes a row.</summary>
    [GlobalSetup]
    public void Setup()
    {
        int[] numbers = [.. ClassesAndK.Split('/').Select(int.Parse)];
        var random = new Random(1);
        (_constants, _logits) =
            (CertificateBench.Constants(random, numbers[0]), [.. Enumerable.Range(0, numbers[0]).Select(_ => random.NextSingle())]);
        (_order, _radii) = (new int[numbers[1]], new float[numbers[1]]);
    }

    /// <summary>Orders and certifies.</summary>
    [Benchmark]
    public void Certify()
    {
        Certificate.TryOrder(_logits, _order);
        Certificate.ComputeRadii(_logits, _order, _constants!, 1e-9, _radii);
    }
}
