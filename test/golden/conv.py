"""Records PyTorch's linear layers and convolutions in float64, values and gradients, to conv.json. Run with a Python that has PyTorch.

Every tensor is counted in PyTorch's order (channels first): x_i = ((7919 i) mod 101) / 16 - 3, weights w_i = ((31 i) mod 17) / 8 - 1, biases
b_i = i / 4 - 1; the gradient is that of sum(y * dy) with dy_i = 1 + (i mod 5) / 4.
"""

import json
import pathlib

import torch
from torch import nn

# layer, channels, kernel, options by our names, shape of x
CASES = [
    ("linear", 5, 4, None, {}, [3, 5]),
    ("linear", 5, 4, None, {"bias": False}, [2, 5]),
    ("conv2d", 3, 5, 3, {"padding": 1}, [2, 3, 7, 6]),
    ("conv2d", 4, 6, [3, 2], {"stride": 2, "padding": [2, 1], "groups": 2}, [2, 4, 9, 8]),
    ("conv2d", 3, 4, 3, {"dilation": 2, "padding": "same", "bias": False}, [1, 3, 8, 7]),
    ("conv2d", 6, 6, 3, {"stride": [2, 1], "padding": 1, "groups": 6}, [2, 6, 8, 8]),
    ("conv2d", 5, 7, 1, {}, [2, 5, 4, 3]),
    ("conv2d", 3, 4, [2, 3], {"padding": "valid"}, [2, 3, 5, 4]),
    ("depthwiseConv2d", 4, 4, 3, {"padding": "same"}, [2, 4, 6, 5]),
    ("conv1d", 3, 4, 3, {"stride": 2, "padding": 1}, [2, 3, 9]),
    ("conv1d", 3, 2, 3, {"padding": "same", "bias": False}, [2, 3, 7]),
    ("conv1d", 4, 4, 2, {"dilation": 3, "groups": 4}, [2, 4, 11]),
    ("convTranspose2d", 3, 4, 3, {"stride": 2, "padding": 1, "outputPadding": 1}, [2, 3, 5, 4]),
    ("convTranspose2d", 4, 6, [2, 3], {"stride": [1, 3], "groups": 2, "dilation": [2, 1]}, [2, 4, 4, 3]),
    ("convTranspose2d", 3, 3, 2, {"groups": 3, "bias": False}, [1, 3, 3, 4]),
    ("convTranspose1d", 3, 2, 4, {"stride": 3, "padding": 1}, [2, 3, 6]),
    ("convTranspose1d", 4, 2, 3, {"groups": 2, "dilation": 2, "stride": 2, "outputPadding": 1}, [2, 4, 5]),
]
LAYERS = {"linear": nn.Linear, "conv1d": nn.Conv1d, "conv2d": nn.Conv2d, "depthwiseConv2d": nn.Conv2d, "convTranspose1d": nn.ConvTranspose1d, "convTranspose2d": nn.ConvTranspose2d}
NAMES = {"outputPadding": "output_padding"}


def numbers(shape, of):
    return torch.tensor([of(i) for i in range(torch.Size(shape).numel())], dtype=torch.float64).reshape(shape)


def record(layer, channels_in, channels_out, kernel, options, shape):
    given = {NAMES.get(k, k): tuple(v) if isinstance(v, list) else v for k, v in options.items()}
    size = [] if kernel is None else [tuple(kernel) if isinstance(kernel, list) else kernel]
    if layer == "depthwiseConv2d":
        given["groups"] = channels_in
    module = LAYERS[layer](channels_in, channels_out, *size, dtype=torch.float64, **given)
    with torch.no_grad():
        module.weight.copy_(numbers(module.weight.shape, lambda i: 31 * i % 17 / 8 - 1))
        if module.bias is not None:
            module.bias.copy_(numbers(module.bias.shape, lambda i: i / 4 - 1))
    x = numbers(shape, lambda i: 7919 * i % 101 / 16 - 3).requires_grad_()
    y = module(x)
    (y * numbers(y.shape, lambda i: 1 + i % 5 / 4)).sum().backward()
    return {
        "layer": layer,
        "channels": [channels_in, channels_out],
        "kernel": kernel,
        "options": options,
        "shape": shape,
        "output": list(y.shape),
        "y": y.flatten().tolist(),
        "dx": x.grad.flatten().tolist(),
        "dw": module.weight.grad.flatten().tolist(),
        "db": None if module.bias is None else module.bias.grad.flatten().tolist(),
        "weight": list(module.weight.shape),
    }


path = pathlib.Path(__file__).with_suffix(".json")
cases = ",\n".join(json.dumps(record(*case)) for case in CASES)
path.write_text('{"cases": [\n' + cases + "\n]}\n")
