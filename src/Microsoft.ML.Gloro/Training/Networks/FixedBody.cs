using Microsoft.ML.Gloro.Core;
using static TorchSharp.torch;

namespace Microsoft.ML.Gloro.Training;

/// <summary>
/// All layers before the last one, if only that is trained. It takes their outputs, which <see cref="FeatureSet"/> has computed, for its
/// inputs. Its norm is the proved one, and it deploys the layers as they were.
/// </summary>
/// <param name="network">The deployed network whose layers these are.</param>
/// <param name="kappa">The proved bound κ of these layers.</param>
/// <param name="device">The device to train on.</param>
internal sealed class FixedBody(DeployedNetwork network, double kappa, Device device) : TrainableLayer
{
    public override TensorShape OutputShape => network.Shapes[^2];

    public override Tensor Forward(Tensor input, bool training) => input;

    public override Tensor EstimateNorm(int powerSteps) => full(1, kappa, dtype: ScalarType.Float32, device: device);

    public override IEnumerable<DeployedLayer> Fold() => network.Layers.SkipLast(1);
}
