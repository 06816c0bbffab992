namespace ImageFolders;

/// <summary>An image file and the class that its folder is named after.</summary>
internal sealed class ImageRow
{
    public string Label { get; set; } = "";

    public string ImagePath { get; set; } = "";

    /// <summary>The images under <paramref name="folder"/>, one folder a class, in a fixed order.</summary>
    public static IReadOnlyList<ImageRow> ReadFolders(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}. It must hold one folder of images for each class.");
        ImageRow[] rows =
        [
            .. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).SelectMany(classFolder =>
                Directory.GetFiles(classFolder).Order(StringComparer.Ordinal)
                    .Select(file => new ImageRow { Label = Path.GetFileName(classFolder), ImagePath = Path.GetFullPath(file) })),
        ];
        return rows.Length > 0 ? rows : throw new FileNotFoundException($"There are no images in the class folders of {folder}.");
    }
}
