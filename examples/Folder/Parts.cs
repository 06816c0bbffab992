using ImageFolders;

namespace Folder;

/// <summary>The two parts of a folder of images: as they lie there, or split.</summary>
internal static class Parts
{
    /// <summary>Reads the images to train on and those to test on.</summary>
    /// <param name="folder">Holds train/ and test/ with class folders, or class folders.</param>
    /// <param name="testShare">The share of each class that is for testing, if the folder must be split.</param>
    /// <param name="seed">The same seed splits the same folder in the same way.</param>
    /// <exception cref="InvalidDataException">The folder cannot be used; the message says why.</exception>
    public static (IReadOnlyList<ImageRow> Train, IReadOnlyList<ImageRow> Test) Read(string folder, double testShare, int seed)
    {
        string trainFolder = Path.Combine(folder, "train"), testFolder = Path.Combine(folder, "test");
        bool hasTrain = Directory.Exists(trainFolder), hasTest = Directory.Exists(testFolder);
        if (hasTrain != hasTest)
        {
            throw new InvalidDataException(
                $"{folder} holds one of train and test, but not the other. Give it both, or only class folders, which are then split.");
        }

        if (!hasTrain)
            return Split(ImageRow.ReadFolders(folder), testShare, seed);
        IReadOnlyList<ImageRow> train = ImageRow.ReadFolders(trainFolder), test = ImageRow.ReadFolders(testFolder);
        string[] unknown = [.. test.Select(row => row.Label).Distinct().Except(train.Select(row => row.Label))];
        return unknown.Length == 0
            ? (train, test)
            : throw new InvalidDataException(
                $"{testFolder} has classes that {trainFolder} has no images of: {string.Join(", ", unknown)}.");
    }

    // Class by class, so that each is in both parts.
    private static (IReadOnlyList<ImageRow> Train, IReadOnlyList<ImageRow> Test) Split(
        IReadOnlyList<ImageRow> rows, double testShare, int seed)
    {
        if (!(testShare is > 0 and < 1))
            throw new ArgumentException($"--test-share is a number between 0 and 1, not {testShare}.");
        var random = new Random(seed);
        List<ImageRow> train = [], test = [];
        foreach (var group in rows.GroupBy(row => row.Label))
        {
            ImageRow[] images = [.. group];
            if (images.Length == 1)
                throw new InvalidDataException($"Class {group.Key} has one image, {images[0].ImagePath}: a split needs two.");
            random.Shuffle(images);
            int count = Math.Clamp((int)Math.Round(images.Length * testShare), 1, images.Length - 1);
            test.AddRange(images[..count]);
            train.AddRange(images[count..]);
        }

        return (train, test);
    }
}
