namespace ImageFolders;

/// <summary>An image file and the class that its folder is named after.</summary>
internal sealed class ImageRow
{
    private static readonly string[] s_endings = [".bmp", ".gif", ".jpeg", ".jpg", ".png", ".webp"];

    public string Label { get; set; } = "";

    public string ImagePath { get; set; } = "";

    /// <summary>
    /// The images under <paramref name="folder"/> in a fixed order: one folder a class, in which images may lie in further folders. Other
    /// files are left out, with a line that says so.
    /// </summary>
    public static IReadOnlyList<ImageRow> ReadFolders(string folder)
    {
        if (!Directory.Exists(folder))
            throw new DirectoryNotFoundException($"There is no folder {folder}. It must hold one folder of images for each class.");
        ImageRow[] files =
        [
            .. Directory.GetDirectories(folder).Order(StringComparer.Ordinal).SelectMany(classFolder =>
                Directory.GetFiles(classFolder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                    .Select(file => new ImageRow { Label = Path.GetFileName(classFolder), ImagePath = Path.GetFullPath(file) })),
        ];
        ImageRow[] rows = [.. files.Where(file => s_endings.Contains(Path.GetExtension(file.ImagePath), StringComparer.OrdinalIgnoreCase))];
        if (rows.Length == 0)
            throw new FileNotFoundException($"There are no images ({string.Join(", ", s_endings)}) in the class folders of {folder}.");
        if (rows.Length < files.Length)
        {
            string first = files.Except(rows).First().ImagePath;
            Console.Error.WriteLine(
                $"Left out: {files.Length - rows.Length} files in {folder} that are no images by their names, the first {first}.");
        }

        return rows;
    }
}
