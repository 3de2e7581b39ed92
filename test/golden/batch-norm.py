"""Records PyTorch's batch normalisation in float64 over three training steps, then in evaluation, to batch-norm.json. Run with a Python that has
PyTorch.

Tensors are counted in PyTorch's order (channels first): batch t is x_i = ((7919 i + 13 t) mod 101) / 16 - 3; weight_c = 1 + c / 4, bias_c = c / 8;
the gradient is that of sum(y * dy) with dy_i = 1 + (i mod 5) / 4.
"""

import json
import pathlib

import torch
from torch import nn

# module, shape, options by our names
CASES = [
    (nn.BatchNorm1d, [6, 5], {}),
    (nn.BatchNorm1d, [4, 3, 7], {"momentum": None}),
    (nn.BatchNorm2d, [3, 4, 5, 6], {"momentum": 0.3, "epsilon": 1e-3}),
    (nn.BatchNorm2d, [2, 3, 4, 4], {"affine": False}),
    (nn.BatchNorm1d, [6, 5], {"trackRunningStats": False}),
]
NAMES = {"epsilon": "eps", "trackRunningStats": "track_running_stats"}


def numbers(shape, of):
    return torch.tensor([of(i) for i in range(torch.Size(shape).numel())], dtype=torch.float64).reshape(shape)


def flat(tensor):
    return None if tensor is None else tensor.detach().flatten().tolist()


def record(make, shape, options):
    module = make(shape[1], dtype=torch.float64, **{NAMES.get(k, k): v for k, v in options.items()})
    if module.affine:
        with torch.no_grad():
            module.weight.copy_(numbers([shape[1]], lambda c: 1 + c / 4))
            module.bias.copy_(numbers([shape[1]], lambda c: c / 8))
    dy = numbers(shape, lambda i: 1 + i % 5 / 4)
    steps = []
    for t in range(3):
        x = numbers(shape, lambda i: (7919 * i + 13 * t) % 101 / 16 - 3).requires_grad_()
        module.zero_grad(set_to_none=True)
        y = module(x)
        (y * dy).sum().backward()
        steps.append({
            "y": flat(y),
            "dx": flat(x.grad),
            "dweight": flat(module.weight.grad) if module.affine else None,
            "dbias": flat(module.bias.grad) if module.affine else None,
            "mean": flat(module.running_mean),
            "variance": flat(module.running_var),
        })
    module.eval()
    evaluated = flat(module(numbers(shape, lambda i: 7919 * i % 101 / 16 - 3)))
    return {"shape": shape, "options": options, "steps": steps, "evaluated": evaluated}


path = pathlib.Path(__file__).with_suffix(".json")
cases = ",\n".join(json.dumps(record(*case)) for case in CASES)
path.write_text('{"cases": [\n' + cases + "\n]}\n")
