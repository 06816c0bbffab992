using Microsoft.ML.Gloro.Tests.TestSupport;

namespace Microsoft.ML.Gloro.Tests.EndToEnd;

/// <summary>The Folder example, as a process, on folders of small images.</summary>
[TestClass]
public sealed class FolderTests : IDisposable
{
    private static readonly string[] s_tiny = ["--epochs", "1", "--depth", "1", "--width", "8", "--tail", "16", "--batch", "8"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [TestMethod]
    public async Task Folder_OfClasses_IsSplitBySeedAndSavedAndMeasuredAgain()
    {
        foreach (string name in new[] { "ant", "bee", "cat" })
            Draw(Path.Combine("data", name), 10);
        Draw(Path.Combine("data", "bee", "more", "still more"), 5);
        File.WriteAllText(Path.Combine(_folder.Path, "data", "cat", "notes.txt"), "no image");

        var (code, output, error) = await RunAsync(
            [.. s_tiny, "--columns", "trained.txt", "--save", "own.zip", "--augmentation", "photographs", "--shift", "3"]);
        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "28 images of 3 classes to train on, 7 to test on"); // a fifth of 10, 15 and 10
        StringAssert.Contains(error, "Left out: 1 files");
        StringAssert.Contains(output, "local ");
        StringAssert.Contains(output, "Left out, because they do not fit these classes: RT3, RT5");

        // The same seed sets the same images aside, and the saved model gives the same bits for them; another seed does not.
        (code, _, error) = await RunAsync("--model", "own.zip", "--columns", "again.txt");
        Assert.AreEqual(0, code, error);
        Assert.AreEqual(Columns("trained.txt"), Columns("again.txt"));
        (code, _, error) = await RunAsync("--model", "own.zip", "--columns", "other.txt", "--seed", "2");
        Assert.AreEqual(0, code, error);
        Assert.AreNotEqual(Columns("trained.txt"), Columns("other.txt"));

        string Columns(string name) => File.ReadAllText(Path.Combine(_folder.Path, name));
    }

    [TestMethod]
    public async Task Folder_WithTestImages_LeavesTheOpenChoicesToTheLibrary()
    {
        foreach (string name in new[] { "ant", "bee" })
        {
            Draw(Path.Combine("data", "train", name), 6);
            Draw(Path.Combine("data", "test", name), 2);
        }

        var (code, output, error) = await RunAsync("--epochs", "1", "--image-size", "16", "20", "--augmentation", "none");
        Assert.AreEqual(0, code, error);
        StringAssert.Contains(output, "12 images of 2 classes to train on, 4 to test on");
        StringAssert.Contains(output, "16×20");
        StringAssert.Contains(output, "network, batch"); // what it says that it chose
        Assert.IsTrue(File.Exists(Path.Combine(_folder.Path, "folder.zip")));
    }

    [TestMethod]
    public async Task Folder_ThatCannotBeUsed_SaysWhy()
    {
        Draw(Path.Combine("data", "ant"), 1);
        Draw(Path.Combine("data", "bee"), 3);
        await RefusesAsync("Class ant has one image");
        await RefusesAsync("--test-share is a number between 0 and 1", "--test-share", "1.5");
        await RefusesAsync("photographs", "--augmentation", "sideways");
        await RefusesAsync("--image-size", "--image-size", "16");
        Draw(Path.Combine("data", "train", "ant"), 2);
        await RefusesAsync("holds one of train and test, but not the other");
        Draw(Path.Combine("data", "test", "eel"), 2);
        await RefusesAsync("has no images of: eel");

        async Task RefusesAsync(string says, params string[] arguments)
        {
            var (code, _, error) = await RunAsync(arguments);
            Assert.AreEqual(2, code, error);
            StringAssert.Contains(error, says);
        }
    }

    private Task<(int Code, string Output, string Error)> RunAsync(params string[] arguments) =>
        ExampleProcess.RunAsync("Folder", _folder.Path, ["--data", "data", .. arguments]);

    private void Draw(string folder, int count)
    {
        string path = Directory.CreateDirectory(Path.Combine(_folder.Path, folder)).FullName;
        for (int i = 0; i < count; i++)
            File.WriteAllBytes(Path.Combine(path, $"{i}.png"), TestImages.Png(TestImages.Planes(16, 16, seed: path.Length + i), 16, 16));
    }
}
