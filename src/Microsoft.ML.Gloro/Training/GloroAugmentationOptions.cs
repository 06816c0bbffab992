namespace Microsoft.ML.Gloro;

/// <summary>Random changes of training images that keep their label. Validation and scoring always see the images as they are.</summary>
public sealed class GloroAugmentationOptions
{
    private const int LargestShift = 10_000;

    /// <summary>Mirror left to right, every second time. Default: true.</summary>
    public bool FlipHorizontally { get; set; } = true;

    /// <summary>Mirror top to bottom, every second time: right for views from above, wrong for photographs. Default: false.</summary>
    public bool FlipVertically { get; set; }

    /// <summary>Turn by a random multiple of 90°; square images only. Right for views from above. Default: false.</summary>
    public bool Rotate { get; set; }

    /// <summary>The largest shift in each direction, in pixels of the network's input; the border is mirrored. Default: 2.</summary>
    public int MaximumShift { get; set; } = 2;

    /// <summary>No change at all.</summary>
    public static GloroAugmentationOptions None => new() { FlipHorizontally = false, MaximumShift = 0 };

    /// <summary>Flips, rotations and shifts: for images seen from above, which have no up and down.</summary>
    public static GloroAugmentationOptions Aerial => new() { FlipVertically = true, Rotate = true };

    internal GloroAugmentationOptions Copy() => (GloroAugmentationOptions)MemberwiseClone();

    internal IEnumerable<string> Faults()
    {
        if (MaximumShift is < 0 or > LargestShift)
            yield return $"{nameof(MaximumShift)} must be from 0 to {LargestShift}, not {MaximumShift}.";
    }
}
