using Microsoft.ML.Gloro.Core;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Analysis;

/// <summary>Scored views with radii that follow from the logits, and with classes that crowd each other as a test wants.</summary>
internal static class PlantedRows
{
    public const float Epsilon = 0.5f;

    /// <summary>Unlike between pairs, so that margins and margins over K order differently.</summary>
    public static double K(int i, int j) => i == j ? 0 : 1 + (0.1 * ((i + j) % 3));

    /// <summary>
    /// Rows whose label is at least 2·ε ahead of every class, but for the classes of one group of the label's, which in a share of the rows
    /// stand within 0.8 ε of it, the label not always first.
    /// </summary>
    /// <param name="rows">How many.</param>
    /// <param name="groups">Which classes crowd each other; a class may be in several.</param>
    /// <param name="seed">Of everything that is drawn.</param>
    /// <param name="crowded">The share of rows, of those whose label is in a group.</param>
    /// <param name="classNames">By default the six letters.</param>
    public static HandMadeView View(int rows, string[] groups, int seed, double crowded = 0.3, string[]? classNames = null)
    {
        string[] names = classNames ?? HandMadeView.Letters;
        var random = new Random(seed);
        var view = new HandMadeView { Epsilon = Epsilon, ClassNames = names, RadiiCount = names.Length - 1 };
        for (int i = 0; i < rows; i++)
        {
            // Letters are drawn, not indices: names in another order get the same rows.
            string label = HandMadeView.Letters[random.Next(names.Length)];
            Dictionary<string, float> logits = HandMadeView.Letters.Take(names.Length)
                .ToDictionary(name => name, _ => -2 * random.NextSingle());
            logits[label] = 2;
            string[] mine = [.. groups.Where(group => group.Contains(label, StringComparison.Ordinal))];
            bool isCrowded = random.NextDouble() < crowded;
            if (mine.Length > 0 && isCrowded)
            {
                foreach (char mate in mine[random.Next(mine.Length)])
                    logits[mate.ToString()] = 2 + (0.4f * Epsilon * ((2 * random.NextSingle()) - 1));
            }

            view.Rows.Add(Row(names, label, logits));
        }

        return view;
    }

    /// <summary>Rows of logits that mean nothing, with a label that is first in half of them.</summary>
    public static HandMadeView Noise(int rows, int seed, float scale = 1)
    {
        var random = new Random(seed);
        var view = new HandMadeView { Epsilon = Epsilon, RadiiCount = 5 };
        for (int i = 0; i < rows; i++)
        {
            Dictionary<string, float> logits = HandMadeView.Letters.ToDictionary(name => name, _ => scale * random.NextSingle());
            string label = random.Next(2) == 0 ? logits.MaxBy(pair => pair.Value).Key : HandMadeView.Letters[random.Next(6)];
            view.Rows.Add(Row(HandMadeView.Letters, label, logits));
        }

        return view;
    }

    /// <summary>The same view of some rows only.</summary>
    public static HandMadeView Where(this HandMadeView view, Func<int, bool> isWanted) => new()
    {
        Epsilon = view.Epsilon,
        ClassNames = view.ClassNames,
        LabelNames = view.LabelNames,
        RadiiCount = view.RadiiCount,
        Guarantee = view.Guarantee,
        Rows = [.. view.Rows.Where((_, i) => isWanted(i))],
    };

    private static HandMadeRow Row(string[] names, string label, Dictionary<string, float> logits)
    {
        int classes = names.Length;
        // K goes with the class, not with its number.
        int Letter(int i) => Array.IndexOf(HandMadeView.Letters, names[i]);
        var constants = new MarginConstants(
            [.. from i in Enumerable.Range(0, classes) from j in Enumerable.Range(0, classes) select K(Letter(i), Letter(j))], classes);
        float[] y = [.. names.Select(name => logits[name])];
        int[] order = new int[classes];
        float[] radii = new float[classes - 1];
        Certificate.TryOrder(y, order);
        Certificate.ComputeRadii(y, order, constants, 0, radii);
        return new()
        {
            Label = (uint)Array.IndexOf(names, label) + 1,
            Logits = y,
            Score = [.. Enumerable.Repeat(1f / classes, classes)],
            TopKRadii = radii
        };
    }
}
