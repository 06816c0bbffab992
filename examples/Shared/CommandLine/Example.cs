using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Examples;

/// <summary>
/// What every example does alike: it explains itself by --help, refuses what it does not know, stops at Ctrl-C, and ends with one of three
/// exit codes. docs/examples.md describes it.
/// </summary>
internal sealed class Example : RootCommand
{
    public const int Succeeded = 0, Failed = 1, WronglyUsed = 2;

    // What takes longer to stop, such as a pass of scoring, is cut off.
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    private readonly string _command = $"dotnet run -c Release --project examples/{AppDomain.CurrentDomain.FriendlyName}";

    /// <param name="sentence">What the example does.</param>
    /// <param name="arguments">Arguments that are an example of its use.</param>
    public Example(string sentence, string arguments = "")
    {
        string all = arguments.Length > 0 ? $" -- {arguments}" : "";
        Description = $"{sentence}{Environment.NewLine}{Environment.NewLine}Example: {_command}{all}";
    }

    /// <summary>Of the examples that make their own data.</summary>
    public static Option<bool> Short { get; } = new("--short")
    {
        Description = "Little data and training, to see that it runs; its figures mean nothing",
    };

    /// <summary>Adds an option that must be given.</summary>
    public Option<string> Required(string name, string value, string what)
    {
        Option<string> option = new(name) { HelpName = value, Description = what, Required = true };
        Add(option);
        return option;
    }

    /// <summary>Adds an option without a value.</summary>
    public Option<bool> Flag(string name, string what)
    {
        Option<bool> option = new(name) { Description = what };
        Add(option);
        return option;
    }

    /// <summary>Adds an option with a default, which the help shows.</summary>
    public Option<T> Optional<T>(string name, string value, string what, T otherwise)
    {
        Option<T> option = new(name) { HelpName = value, Description = what, DefaultValueFactory = _ => otherwise };
        Add(option);
        return option;
    }

    /// <summary>Adds an option without a value of its own if it is not given.</summary>
    /// <param name="name">Such as --epsilon.</param>
    /// <param name="value">What the help calls the value.</param>
    /// <param name="what">What it means.</param>
    /// <param name="otherwise">What happens without it; the help shows it as the default.</param>
    /// <param name="parse">Reads the text; null for numbers, names and text as they are.</param>
    public Option<T> Open<T>(string name, string value, string what, string otherwise, Func<string, T>? parse = null)
    {
        Option<T> option = new(name) { HelpName = value, Description = $"{what} [default: {otherwise}]" };
        if (parse is not null)
            option.CustomParser = Parser(parse);
        Add(option);
        return option;
    }

    /// <summary>Reads the command line and runs the example. Returns the exit code.</summary>
    /// <param name="args">The command line.</param>
    /// <param name="run">The example: gets what is given and a token that Ctrl-C cancels, and returns the exit code.</param>
    public int Run(string[] args, Func<ParseResult, CancellationToken, int> run)
    {
        // Numbers are read and printed the same way everywhere, with a decimal point.
        CultureInfo.DefaultThreadCurrentCulture = CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
        ParseResult given = Parse(args);
        if (given.Errors.Count > 0)
            return Refuse(string.Join(Environment.NewLine, given.Errors.Select(error => error.Message)));
        SetAction((given, stop) => Task.Run(() => Guarded(given, run, stop), CancellationToken.None));
        int code = given.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = s_patience });
        if (!Console.IsOutputRedirected)
            Console.CursorVisible = true; // a bar that was cut off hid it
        if (code is Succeeded or Failed or WronglyUsed)
            return code;
        Console.Error.WriteLine("Stopped.");
        return Failed;
    }

    /// <summary>Reads a number such as 0.14 or 36/255.</summary>
    /// <exception cref="FormatException">It is no such number.</exception>
    public static float Fraction(string text)
    {
        double[] parts = [.. text.Split('/').Select(part =>
            double.TryParse(part, CultureInfo.InvariantCulture, out double number) ? number : double.NaN)];
        double value = parts is [var over, var under] ? over / under : parts is [var one] ? one : double.NaN;
        return double.IsFinite(value) ? (float)value : throw new FormatException($"'{text}' is not a number such as 0.14 or 36/255.");
    }

    /// <summary>Reads a time in minutes.</summary>
    /// <exception cref="FormatException">It is no number.</exception>
    public static TimeSpan Minutes(string text) => TimeSpan.FromMinutes(Fraction(text));

    // Turns the exception for a wrong text into an error that names the option.
    private static Func<ArgumentResult, T?> Parser<T>(Func<string, T> parse) => given =>
    {
        try
        {
            return parse(given.Tokens[0].Value);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            given.AddError($"{(given.Parent as OptionResult)?.Option.Name}: {e.Message}");
            return default;
        }
    };

    private int Guarded(ParseResult given, Func<ParseResult, CancellationToken, int> run, CancellationToken stop)
    {
        try
        {
            int code = run(given, stop);
            if (Options.Contains(Short) && given.GetValue(Short))
                Console.WriteLine("These figures mean nothing: --short only shows that the example runs.");
            return code;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            Console.Error.WriteLine("Stopped.");
            return Failed;
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidDataException or FileNotFoundException
            or DirectoryNotFoundException)
        {
            return Refuse(e.Message);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            Console.Error.WriteLine(e.Message);
            return Failed;
        }
    }

    private int Refuse(string message)
    {
        Console.Error.WriteLine($"{message}{Environment.NewLine}{Environment.NewLine}What can be given: {_command} -- --help");
        return WronglyUsed;
    }
}
