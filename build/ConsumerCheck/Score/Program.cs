using System;
using System.Reflection;
using System.Runtime.InteropServices;
using Microsoft.ML.OnnxRuntime;

Console.WriteLine($"scored: ONNX Runtime {OrtEnv.Instance().GetVersionString()} on {RuntimeInformation.FrameworkDescription}");

// Whoever trains without libtorch is told what is missing, in one exception.
try
{
    Assembly.Load("Microsoft.ML.Gloro").GetType("Microsoft.ML.Gloro.Training.TorchRuntime", throwOnError: true)!
        .GetMethod("EnsureLoaded")!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null);
    Console.WriteLine("libtorch was found where none should be");
    return 1;
}
catch (DllNotFoundException e)
{
    Console.WriteLine("refused: " + e.Message);
    return 0;
}
