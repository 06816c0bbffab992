"""Writes the .onnx files of this folder and expected.json: networks with the operators that other libraries' exporters write.

    python3 make.py

Needs PyTorch and NumPy; the files here are PyTorch 1.13.1's, opset 13. All layers are defined below. Inputs are fractions of 64, which a
test can compute without reading them: value i of row r is ((37 i + 11 r + 5 ⌊i / 7⌋) mod 65) / 64.
"""
import json
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn


class MinMax(nn.Module):
    """Halves, by comparison and choice."""

    def forward(self, x):
        a, b = torch.split(x, x.shape[1] // 2, dim=1)
        larger = a > b
        return torch.cat([torch.where(larger, a, b), torch.where(larger, b, a)], dim=1)


class HalfAbs(nn.Module):
    def forward(self, x):
        a, b = torch.split(x, x.shape[1] // 2, dim=1)
        return torch.cat([a, b.abs()], dim=1)


class RAbs(nn.Module):
    def forward(self, x):
        a, b = torch.split(x.abs(), x.shape[1] // 2, dim=1)
        return torch.cat([a + b, a - b], dim=1) / 2**0.5


class GroupSort2(nn.Module):
    """Neighbors, by reductions over an axis of two."""

    def forward(self, x):
        shape = x.shape
        pairs = x.reshape(shape[0], shape[1] // 2, 2, *shape[2:])
        least, most = pairs.min(dim=2)[0], pairs.max(dim=2)[0]
        return torch.cat([least.unsqueeze(2), most.unsqueeze(2)], dim=2).reshape(shape)


class Residual(nn.Module):
    """x + Wx, centered, then the activation."""

    def __init__(self, width, act):
        super().__init__()
        self.conv = nn.Conv2d(width, width, 3, padding=1)
        self.register_buffer("mean", torch.randn(width) * 0.1)
        self.act = act

    def forward(self, x):
        return self.act(x + self.conv(x) * 0.3 - self.mean.view(-1, 1, 1))


class Kernel(nn.Module):
    """A convolution whose kernel contains the identity."""

    def __init__(self, width, act):
        super().__init__()
        kernel = torch.randn(width, width, 3, 3) / (9 * width)
        kernel[:, :, 1, 1] += torch.eye(width)
        self.kernel, self.bias = nn.Parameter(kernel), nn.Parameter(torch.randn(width) * 0.1)
        self.act = act

    def forward(self, x):
        return self.act(F.conv2d(x, self.kernel, self.bias, padding=1))


def orthogonal(rows, columns):
    """L⁻¹W with LLᵀ = WWᵀ: rows of length 1 at right angles."""
    weight = torch.randn(rows, columns)
    return torch.linalg.solve_triangular(torch.linalg.cholesky(weight @ weight.T), weight, upper=False)


class Tail(nn.Module):
    """A patch convolution and dense layers, with matrices that were made orthogonal before the export."""

    def __init__(self, width, side, hidden, act):
        super().__init__()
        self.kernel = nn.Parameter(orthogonal(width, width * side * side).reshape(width, width, side, side))
        self.weights = nn.ParameterList([nn.Parameter(orthogonal(hidden, width)), nn.Parameter(orthogonal(hidden, hidden))])
        self.bias = nn.Parameter(torch.randn(hidden) * 0.1)
        self.side, self.act = side, act

    def forward(self, x):
        x = F.conv2d(x, self.kernel, stride=self.side).reshape(x.shape[0], -1)
        for weight in self.weights:
            x = self.act(F.linear(x, weight, self.bias))
        return x


class Head(nn.Linear):
    def forward(self, x):
        return F.linear(x, F.normalize(self.weight, dim=1), self.bias)


class Shift(nn.Module):
    def forward(self, x):
        return x.sub(0.5)


class ScaledAvgPool2d(nn.AvgPool2d):
    """Means times the side of the window: a map of norm 1."""

    def forward(self, x):
        return super().forward(x) * self.kernel_size


def residual_network(act):
    return nn.Sequential(
        Shift(), nn.Conv2d(3, 4, 5, stride=2, padding=2), act, Kernel(4, act), Residual(4, act), Tail(4, 4, 4, act), Head(4, 3))


def spectral(layer):
    matrix = layer.weight.data.reshape(layer.weight.shape[0], -1)
    layer.weight.data /= torch.linalg.matrix_norm(matrix, ord=2)
    return layer


def normalized_network():
    network = nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.ReLU(), nn.BatchNorm2d(4), nn.Conv2d(4, 6, 3, padding=1), nn.BatchNorm2d(6),
        nn.ReLU(), nn.MaxPool2d(2), nn.AvgPool2d(2), nn.Dropout(0.3), nn.Flatten(), nn.Linear(24, 8), nn.BatchNorm1d(8), nn.ReLU(),
        nn.Linear(8, 3))
    for _ in range(20):
        network(torch.rand(32, 3, 8, 8))
    return network


def networks():
    for name, act in [("minmax", MinMax()), ("halfabs", HalfAbs()), ("rabs", RAbs())]:
        yield "residual-" + name, residual_network(act), (3, 8, 8)
    yield "dense-groupsort", nn.Sequential(
        spectral(nn.Linear(6, 8)), GroupSort2(), spectral(nn.Linear(8, 8)), GroupSort2(), spectral(nn.Linear(8, 3))), (6,)
    yield "gray-groupsort", nn.Sequential(
        spectral(nn.Conv2d(1, 4, 3, padding=1)), GroupSort2(), ScaledAvgPool2d(2), spectral(nn.Conv2d(4, 4, 3, padding=1)), GroupSort2(),
        nn.Flatten(), spectral(nn.Linear(64, 3))), (1, 8, 8)
    yield "batchnorm-relu", normalized_network(), (3, 8, 8)


def rows(shape, count=4):
    i = np.arange(math.prod(shape))
    values = [((37 * i + 11 * r + 5 * (i // 7)) % 65) / 64 for r in range(count)]
    return torch.tensor(np.array(values), dtype=torch.float32).reshape(count, *shape)


def main():
    expected = {}
    for name, network, shape in networks():
        network.eval()
        torch.onnx.export(
            network, torch.zeros(1, *shape), name + ".onnx", opset_version=13, input_names=["x"], output_names=["logits"],
            dynamic_axes={"x": {0: "N"}, "logits": {0: "N"}})
        with torch.no_grad():
            expected[name] = [[round(float(v), 7) for v in row] for row in network(rows(shape))]
    with open("expected.json", "w", encoding="utf-8") as file:
        file.write("{\n" + ",\n".join(f'"{name}": {json.dumps(logits)}' for name, logits in expected.items()) + "\n}\n")


torch.manual_seed(1)
main()
