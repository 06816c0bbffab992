using System.Globalization;
using Microsoft.ML.Gloro;

namespace Audit;

/// <summary>The command line of the example.</summary>
internal sealed record Arguments
{
    public const string Usage = """
        Audits a saved model on labeled images: says what covering the rounding of scores costs,
        then tries to break the model's certificates.

          dotnet run -c Release --project examples/Audit -- --model FILE --data FOLDER [options]

          --model FILE         a saved image model (required)
          --data FOLDER        class folders of images (required)
          --rows N             images to attack, chosen evenly                                        (default: 2000)
          --guarantee TEXT     local | rtk:3 | affinity:Highway+River,Pasture+HerbaceousVegetation    (default: the model's)
          --epsilon NUMBER     L2 radius in pixels scaled to [0, 1]                                   (default: the model's)
          --arithmetic NAME    Float64 | Real                                                         (default: the model's)
          --minutes N          roughly the time that attacks may take                                 (default: no limit)
          --steps N --restarts N   strength of the attacks                                            (default: 10, 3)
          --boundary-rows N    images from which a boundary is walked to and attacked by last bits    (default: 50)
        """;

    public string Model { get; init; } = "";

    public string Data { get; init; } = "";

    public RobustnessGuarantee? Guarantee { get; init; }

    public float? Epsilon { get; init; }

    public CertificateArithmetic? Arithmetic { get; init; }

    public GloroAuditOptions Options { get; } = new();

    /// <summary>Reads the command line.</summary>
    /// <exception cref="FormatException">It cannot be understood; the message says which part.</exception>
    public static Arguments Parse(string[] args)
    {
        var arguments = new Arguments();
        for (int i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length)
                throw new FormatException($"{args[i]} needs a value.");
            string name = args[i], value = args[i + 1];
            switch (name)
            {
                case "--model": arguments = arguments with { Model = value }; break;
                case "--data": arguments = arguments with { Data = value }; break;
                case "--guarantee": arguments = arguments with { Guarantee = RobustnessGuarantee.Parse(value) }; break;
                case "--epsilon": arguments = arguments with { Epsilon = (float)Number(name, value) }; break;
                case "--arithmetic":
                    arguments = arguments with { Arithmetic = Enum.TryParse(value, ignoreCase: true, out CertificateArithmetic known) ? known : throw new FormatException($"{name} is Float64 or Real, not '{value}'.") };
                    break;
                case "--rows": arguments.Options.MaxRows = Whole(name, value); break;
                case "--steps": arguments.Options.Steps = Whole(name, value); break;
                case "--restarts": arguments.Options.Restarts = Whole(name, value); break;
                case "--boundary-rows": arguments.Options.BoundaryRows = Whole(name, value); break;
                case "--minutes": arguments.Options.TimeBudget = TimeSpan.FromMinutes(Number(name, value)); break;
                default: throw new FormatException($"'{name}' is not known.");
            }
        }

        return arguments.Model.Length > 0 && arguments.Data.Length > 0
            ? arguments : throw new FormatException("--model and --data are required.");
    }

    private static int Whole(string name, string value) => int.TryParse(value, CultureInfo.InvariantCulture, out int number)
        ? number : throw new FormatException($"{name} needs a whole number, not '{value}'.");

    private static double Number(string name, string value) => value.Split('/') is [var over, var under]
        ? Number(name, over) / Number(name, under)
        : double.TryParse(value, CultureInfo.InvariantCulture, out double number)
            ? number : throw new FormatException($"{name} needs a number, not '{value}'.");
}
