using System.CommandLine;
using Examples;
using Microsoft.ML.Gloro;

namespace ImageFolders;

/// <summary>Options of several examples, with one meaning. What is not given, the model decides.</summary>
internal static class ImageOptions
{
    public static Option<RobustnessGuarantee?> Guarantee(Example example) => example.Open<RobustnessGuarantee?>(
        "--guarantee", "TEXT", "local, rtk:3 or affinity:Highway+River,Forest+Pasture", "the model's", RobustnessGuarantee.Parse);

    public static Option<float?> Epsilon(Example example) => example.Open<float?>(
        "--epsilon", "NUMBER", "L2 radius in pixels scaled to [0, 1], such as 36/255", "the model's", text => Example.Fraction(text));
}
