using System.Globalization;

namespace Microsoft.ML.Gloro.Evaluation;

/// <summary>Checks that several members of this room share.</summary>
internal static class EvaluationArguments
{
    public static void CheckEpsilon(float epsilon, string parameterName)
    {
        if (!(epsilon >= 0) || !float.IsFinite(epsilon))
        {
            throw new ArgumentOutOfRangeException(parameterName, epsilon.ToString(CultureInfo.InvariantCulture),
                "ε is an L2 radius: it must be a finite number, 0 or more (36f / 255f, for instance).");
        }
    }
}
