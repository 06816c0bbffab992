using System.Globalization;
using Microsoft.ML.Gloro;
using Microsoft.ML.Transforms.Image;

namespace Examples.Page;

/// <summary>What the served model proves, in words and numbers.</summary>
/// <param name="Classes">Its classes.</param>
/// <param name="Width">Width of the images that it reads; others are resized.</param>
/// <param name="Height">Their height.</param>
/// <param name="Guarantee">As <see cref="RobustnessGuarantee.Parse"/> reads it.</param>
/// <param name="GuaranteeInWords">What a certified image has.</param>
/// <param name="Epsilon">ε.</param>
/// <param name="Norm">The distance that ε and radii are measured in.</param>
/// <param name="Unit">What they are measured on.</param>
/// <param name="Arithmetic">The arithmetic that certificates speak of.</param>
/// <param name="ArithmeticInWords">What that means.</param>
/// <param name="NotProved">What nothing is said about.</param>
internal sealed record ModelCard(
    IReadOnlyList<string> Classes, int Width, int Height, string Guarantee, string GuaranteeInWords, float Epsilon, string Norm, string Unit,
    string Arithmetic, string ArithmeticInWords, string NotProved)
{
    public static ModelCard Of(GloroTransformer model, ImageDataViewType image) => new(
        model.ClassNames, image.Width, image.Height, model.Guarantee.ToString(), InWords(model.Guarantee), model.Epsilon, "L2",
        $"the Euclidean length of the change of all {3 * image.Width * image.Height} values of the {image.Width} × {image.Height} RGB image, "
            + "each scaled to [0, 1]",
        model.Arithmetic.ToString(), InWords(model.Arithmetic),
        $"Nothing is proved about changes before an image was resized to {image.Width} × {image.Height}, "
            + "about other distances than L2, or about whether a class is the true one.");

    /// <summary>What is proved of one image.</summary>
    /// <param name="labels">The certified set; empty if there is none.</param>
    /// <param name="group">The name of that set; empty for none.</param>
    /// <param name="radius">Within what.</param>
    public string Say(IReadOnlyList<string> labels, string group, float radius)
    {
        string within = $"shorter than {Down(radius)} (L2), so none up to ε = {Down(Epsilon)},";
        return labels.Count switch
        {
            0 => $"Nothing is proved at ε = {Down(Epsilon)}.",
            1 => $"No change of the image {within} changes the predicted class: it stays {labels[0]}.",
            _ => $"No change of the image {within} changes the set of the {labels.Count} highest classes: they stay "
                + $"{string.Join(", ", labels)}{(group.Length > 0 ? $", all of them {group}" : "")}.",
        };
    }

    /// <summary>Cut to six decimals: what is shown must not be more than what is proved.</summary>
    private static string Down(double value) => (Math.Floor(value * 1e6) / 1e6).ToString("0.######", CultureInfo.InvariantCulture);

    private static string InWords(RobustnessGuarantee guarantee) => guarantee.Kind switch
    {
        GuaranteeKind.Local => "the predicted class cannot change within ε",
        GuaranteeKind.RelaxedTopK => $"for some k up to {guarantee.K}, the set of the k highest classes cannot change within ε",
        _ => $"for some k, the set of the k highest classes cannot change within ε, and it lies in one of the groups {guarantee.AffinitySets}",
    };

    private static string InWords(CertificateArithmetic arithmetic) => arithmetic switch
    {
        CertificateArithmetic.Float64 => "proved of the double-precision arithmetic that ran, every rounding included",
        _ => "proved in real arithmetic only: rounding at other inputs, and for images at the input itself, is not covered",
    };
}
