using System;
using System.Runtime.InteropServices;

Trainer.LoadTorch();
using var sum = TorchSharp.torch.ones(3).sum();
Console.WriteLine($"trained: {sum.item<float>()} on {RuntimeInformation.FrameworkDescription}");
