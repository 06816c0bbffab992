using System;
using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Gloro;

var metrics = Trainer.Train(Environment.GetEnvironmentVariable("GLORO_CHECK_MODEL") ?? "model.zip");
if (!(metrics.VerifiedRobustAccuracy > 0.5))
    throw new InvalidOperationException($"Three clusters far apart, and the VRA is {metrics.VerifiedRobustAccuracy}.");

// The extension property, in C# 14.
_ = new MLContext().Gloro.ImageClassification(guarantee: RobustnessGuarantee.RelaxedTopK(2));
Console.WriteLine($"trained: VRA {metrics.VerifiedRobustAccuracy:F3} on {RuntimeInformation.FrameworkDescription}");
