"""Records PyTorch's other normalisations in float64, values and gradients, to norm.json. Run with a Python that has PyTorch.

Tensors are counted in PyTorch's order (channels first): x_i = ((7919 i) mod 101) / 16 - 3; weights are 1 + i / 8, biases i / 16 - 1/4, of weight norm
v_i = ((31 i) mod 17) / 8 - 1 and g_i = 1 + i / 8; the gradient is that of sum(y * dy) with dy_i = 1 + (i mod 5) / 4.
"""

import json
import pathlib

import torch
from torch import nn

D = {"dtype": torch.float64}


def numbers(shape, of):
    return torch.tensor([of(i) for i in range(torch.Size(shape).numel())], dtype=torch.float64).reshape(shape)


# name, arguments of our layer, PyTorch's, shape of x
CASES = [
    ("layerNorm", [6, {}], nn.LayerNorm(6, **D), [4, 6]),
    ("layerNorm", [[3, 5], {"epsilon": 1e-3}], nn.LayerNorm([3, 5], eps=1e-3, **D), [2, 3, 5]),
    ("layerNorm", [6, {"affine": False}], nn.LayerNorm(6, elementwise_affine=False, **D), [2, 3, 6]),
    ("rmsNorm", [6, {}], nn.RMSNorm(6, **D), [2, 3, 6]),
    ("groupNorm", [2, 6, {}], nn.GroupNorm(2, 6, **D), [2, 6, 4, 3]),
    ("groupNorm", [3, 6, {"affine": False}], nn.GroupNorm(3, 6, affine=False, **D), [2, 6, 5]),
    ("instanceNorm", [3, {}], nn.InstanceNorm2d(3, **D), [2, 3, 4, 5]),
    ("instanceNorm", [3, {"affine": True}], nn.InstanceNorm1d(3, affine=True, **D), [2, 3, 7]),
]


def fill(module):
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            of = (lambda i: 1 + i / 8) if name == "weight" else (lambda i: i / 16 - 1 / 4)
            parameter.copy_(numbers(parameter.shape, of))


def differentiate(module, shape):
    x = numbers(shape, lambda i: 7919 * i % 101 / 16 - 3).requires_grad_()
    y = module(x)
    (y * numbers(y.shape, lambda i: 1 + i % 5 / 4)).sum().backward()
    gradients = {name: p.grad.flatten().tolist() for name, p in module.named_parameters()}
    return {"shape": shape, "output": list(y.shape), "y": y.flatten().tolist(), "dx": x.grad.flatten().tolist(), "gradients": gradients}


def record(name, arguments, module, shape):
    fill(module)
    return {"name": name, "arguments": arguments, **differentiate(module, shape)}


def weight_norm(module, shape):
    normed = nn.utils.weight_norm(module)
    with torch.no_grad():
        normed.weight_v.copy_(numbers(normed.weight_v.shape, lambda i: 31 * i % 17 / 8 - 1))
        normed.weight_g.copy_(numbers(normed.weight_g.shape, lambda i: 1 + i / 8))
        normed.bias.copy_(numbers(normed.bias.shape, lambda i: i / 16 - 1 / 4))
    result = differentiate(normed, shape)
    shapes = {name: list(p.shape) for name, p in normed.named_parameters()}
    return {**result, "shapes": shapes}


path = pathlib.Path(__file__).with_suffix(".json")
cases = ",\n".join(json.dumps(record(*case)) for case in CASES)
weights = ",\n".join(
    json.dumps({"name": name, **weight_norm(module, shape)})
    for name, module, shape in [("linear", nn.Linear(5, 4, **D), [3, 5]), ("conv2d", nn.Conv2d(3, 4, 2, **D), [2, 3, 4, 4])]
)
path.write_text('{"cases": [\n' + cases + '\n],\n"weightNorm": [\n' + weights + "\n]}\n")
