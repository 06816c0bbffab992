using System.Reflection;

public static class Trainer
{
    // By reflection, until training is public.
    public static void LoadTorch() =>
        Assembly.Load("Microsoft.ML.Gloro").GetType("Microsoft.ML.Gloro.Training.TorchRuntime", throwOnError: true)!
            .GetMethod("EnsureLoaded")!.Invoke(null, BindingFlags.DoNotWrapExceptions, null, null, null);
}
