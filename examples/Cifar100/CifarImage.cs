using Microsoft.ML.Data;
using Microsoft.ML.Transforms.Image;

namespace Cifar100;

/// <summary>One image of CIFAR-100 with the name of its class.</summary>
internal sealed class CifarImage
{
    public string Label { get; set; } = "";

    [ImageType(CifarFolder.Side, CifarFolder.Side)]
    public MLImage? Image { get; set; }
}
