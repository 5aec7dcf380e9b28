"""Records values from PyTorch for RecordedConvolutionTests: python3 record_convolution.py > convolution.json

Images are written as [height, width, channels] and convolution weights as [kernel height, kernel width, channels / groups, filters], as DistTrain has them.
"""
import json

import torch
from torch import nn

torch.manual_seed(11)


def values(tensor):
    return [float(value) for value in tensor.detach().double().flatten()]


def images(tensor):
    """[samples, channels, height, width] as [samples, height, width, channels]."""
    return values(tensor.permute(0, 2, 3, 1))


def case(name, yaml, layer, channels, height, width, samples=2):
    """One layer in double precision: its output, and the gradients of sum(output * weighting)."""
    layer = layer.double()
    x = torch.randn(samples, channels, height, width, dtype=torch.float64, requires_grad=True)
    y = layer(x)
    weighting = torch.randn_like(y)
    (y * weighting).sum().backward()
    record = {
        "name": name, "layer": yaml, "shape": [height, width, channels], "samples": samples, "inputs": images(x), "output_shape": list(y.permute(0, 2, 3, 1).shape[1:]),
        "outputs": images(y), "weighting": images(weighting), "input_gradient": images(x.grad), "parameters": [], "gradients": [],
    }
    if isinstance(layer, nn.Conv2d):
        record["parameters"].append(values(layer.weight.permute(2, 3, 1, 0)))
        record["gradients"].append(values(layer.weight.grad.permute(2, 3, 1, 0)))
        if layer.bias is not None:
            record["parameters"].append(values(layer.bias))
            record["gradients"].append(values(layer.bias.grad))
    return record


def conv(name, channels, filters, kernel, height, width, **options):
    yaml = {"kind": "conv", "filters": filters, "kernel": "x".join(map(str, kernel)) if isinstance(kernel, tuple) else kernel}
    yaml.update({key: value for key, value in options.items() if key != "bias"})
    if not options.get("bias", True):
        yaml["bias"] = "false"
    return case(name, yaml, nn.Conv2d(channels, filters, kernel, **options), channels, height, width)


def pool(name, kind, kernel, channels, height, width, **options):
    layer = (nn.MaxPool2d if kind == "max-pool" else nn.AvgPool2d)(kernel, **options)
    return case(name, {"kind": kind, "kernel": kernel, **options}, layer, channels, height, width)


print(json.dumps({
    "version": "PyTorch " + torch.__version__,
    "cases": [
        conv("same, odd kernel", 2, 3, 5, 7, 6, padding="same"),
        conv("same, even kernel", 2, 3, 4, 6, 5, padding="same"),
        conv("valid, oblong kernel", 3, 2, (5, 3), 8, 7),
        conv("stride 2, padding 1", 2, 4, 3, 9, 8, stride=2, padding=1),
        conv("groups", 4, 6, 3, 5, 6, padding=1, groups=2),
        conv("stride 3, groups, no bias", 6, 3, 2, 7, 8, stride=3, groups=3, bias=False),
        conv("one by one", 3, 5, 1, 3, 4),
        pool("max-pool 2", "max-pool", 2, 3, 6, 5),
        pool("max-pool 3, stride 2, padding 1", "max-pool", 3, 2, 7, 8, stride=2, padding=1),
        pool("average-pool 2", "average-pool", 2, 3, 7, 6),
        pool("average-pool 3, stride 2, padding 1", "average-pool", 3, 2, 7, 8, stride=2, padding=1),
        case("global average", {"kind": "global-average-pool"}, nn.AdaptiveAvgPool2d(1), 3, 4, 5),
        case("global max", {"kind": "global-max-pool"}, nn.AdaptiveMaxPool2d(1), 3, 4, 5),
    ],
}, indent=1))
