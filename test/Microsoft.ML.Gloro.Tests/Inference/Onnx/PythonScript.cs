using System.Diagnostics;
using System.Text.Json;
using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.Inference;

/// <summary>Runs Python that imports examples/Spark/score.py. Data goes in and comes out as JSON.</summary>
internal static class PythonScript
{
    private static readonly Lazy<string?> s_python = new(() =>
        new[] { "/usr/bin/python3", "python3", "python" }.FirstOrDefault(name => Run(name, "import numpy, pandas, PIL", "").Code == 0));

    /// <summary>The value that <paramref name="code"/> leaves in the variable answer; it finds <paramref name="data"/> in data.</summary>
    public static JsonElement Run(string code, object data)
    {
        if (s_python.Value is not { } python)
        {
            Assert.Inconclusive("No Python with NumPy, pandas and Pillow was found (Debian: python3-numpy, python3-pandas, " +
                "python3-pil): the functions of examples/Spark/score.py were not tested.");
            return default;
        }

        const string Imports = "import json, sys, numpy as np, pandas as pd, score";
        string whole = $"{Imports}\ndata = json.load(sys.stdin)\n{code}\nprint(json.dumps(answer))";
        var (exitCode, output, error) = Run(python, whole, JsonSerializer.Serialize(data));
        Assert.AreEqual(0, exitCode, error);
        return JsonDocument.Parse(output).RootElement;
    }

    private static (int Code, string Output, string Error) Run(string python, string code, string input)
    {
        var start = new ProcessStartInfo(python, ["-c", code])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PYTHONPATH"] = Path.Combine(Repository.Root, "examples", "Spark");
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        start.Environment["PYTHONUTF8"] = "1";
        try
        {
            using var process = Process.Start(start)!;
            Task<string> error = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            process.StandardInput.Write(input);
            process.StandardInput.Close();
            process.WaitForExit();
            return (process.ExitCode, output.Result, error.Result);
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            return (-1, "", e.Message); // there is no such program
        }
    }
}
