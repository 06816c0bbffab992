namespace WebApi;

/// <summary>What a prediction engine reads: an image file as it was uploaded. The column is renamed to the model's.</summary>
internal sealed class UploadedImage
{
    public byte[] Image { get; set; } = [];
}
