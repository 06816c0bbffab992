using System.Globalization;
using Microsoft.ML.Gloro;

namespace Report;

/// <summary>The command line of the example.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Writes a report of what is proved: one HTML file.

          dotnet run -c Release --project examples/Report
            draws its own tiles, trains for a moment, and writes artifacts/report/report.html, and artifacts/report/regions.svg of a model of two features

          dotnet run -c Release --project examples/Report -- --data FOLDER --model FILE [options]
            scores the class folders of images in FOLDER with a saved model

          --out FILE           the report                                                             (default: artifacts/report/report.html)
          --title TEXT         what stands at its top                                                 (default: What is proved)
          --guarantee TEXT     local | rtk:3 | affinity:Highway+River,Forest+Pasture                  (default: the model's)
          --epsilon NUMBER     L2 radius in pixels scaled to [0, 1], such as 36/255                   (default: the model's)
          --affinity SETS      affinity sets to compare, such as Highway+River,Forest+Pasture         (default: none)
          --compare TEXT       another model file, or another guarantee, to compare side by side      (default: none)
          --data-name TEXT     what the data is, for the report's last section                        (default: the folder's name)
          --short              with no model: a few tiles and a moment's training, to see that it runs  (default: no)
          --audit N            attack N images too, and put what came of it into the report           (default: 0)
        """;

    public string? Data { get; init; }

    public string? Model { get; init; }

    public string Out { get; init; } = Path.Combine("artifacts", "report", "report.html");

    /// <summary>Another model to compare with.</summary>
    public string? Other { get; init; }

    public int Audit { get; init; }

    public bool Short { get; init; }

    public GloroReportOptions Options { get; } = new();

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It cannot be understood; the message says which part.</exception>
    public static Arguments Parse(string[] args)
    {
        var arguments = new Arguments();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (args[i] == "--short")
            {
                arguments = arguments with { Short = true };
                i--; // which has no value
                continue;
            }

            if (i + 1 == args.Length)
                throw new FormatException($"{args[i]} needs a value.");
            string name = args[i], value = args[i + 1];
            switch (name)
            {
                case "--data": arguments = arguments with { Data = value }; break;
                case "--model": arguments = arguments with { Model = value }; break;
                case "--out": arguments = arguments with { Out = value }; break;
                case "--audit": arguments = arguments with { Audit = int.TryParse(value, CultureInfo.InvariantCulture, out int rows) ? rows : throw new FormatException($"{name} needs a whole number, not '{value}'.") }; break;
                case "--compare" when File.Exists(value): arguments = arguments with { Other = value }; break;
                case "--compare": arguments.Options.CompareWith = new() { Guarantee = RobustnessGuarantee.Parse(value) }; break;
                case "--data-name": arguments.Options.DataName = value; break;
                case "--title": arguments.Options.Title = value; break;
                case "--guarantee": arguments.Options.Guarantee = RobustnessGuarantee.Parse(value); break;
                case "--epsilon": arguments.Options.Epsilon = (float)Number(name, value); break;
                case "--affinity": arguments.Options.Guarantees = [RobustnessGuarantee.Affinity(AffinitySets.Parse(value))]; break;
                default: throw new FormatException($"'{name}' is not known.");
            }
        }

        return (arguments.Data is null) == (arguments.Model is null)
            ? arguments : throw new FormatException("--data and --model go together.");
    }

    private static double Number(string name, string value) => value.Split('/') is [var over, var under]
        ? Number(name, over) / Number(name, under)
        : double.TryParse(value, CultureInfo.InvariantCulture, out double number)
            ? number : throw new FormatException($"{name} needs a number, not '{value}'.");
}
