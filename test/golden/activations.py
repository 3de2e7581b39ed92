"""Records PyTorch's activations in float64, values and gradients, to activations.json. Run with a Python that has PyTorch.

The gradient is that of sum(y * dy) with dy_i = 1 + (i mod 5) / 4.
"""

import json
import pathlib

import torch
from torch.nn import functional as F

X = [-1000.0, -30.0, -7.5, -3.25, -2.0, -1.5, -0.75, -0.5, -1e-3, -1e-9, 0.0, 1e-9, 1e-3, 0.25, 0.5, 0.875, 1.25, 2.0, 2.75, 4.0, 5.5, 7.0, 30.0, 1000.0]

# softplus: PyTorch is linear from a threshold on, 20 unless given, where log(1 + e^x) still differs from x by 2e-9; from 40 on it does not.
CASES = [
    ("relu", {}, F.relu),
    ("tanh", {}, torch.tanh),
    ("sigmoid", {}, torch.sigmoid),
    ("softmax", {}, lambda x: F.softmax(x, -1)),
    ("logSoftmax", {}, lambda x: F.log_softmax(x, -1)),
    ("relu6", {}, F.relu6),
    ("leakyRelu", {}, F.leaky_relu),
    ("leakyRelu", {"slope": 0.25}, lambda x: F.leaky_relu(x, 0.25)),
    ("elu", {}, F.elu),
    ("elu", {"alpha": 0.75}, lambda x: F.elu(x, 0.75)),
    ("selu", {}, F.selu),
    ("gelu", {}, F.gelu),
    ("gelu", {"approximate": "tanh"}, lambda x: F.gelu(x, approximate="tanh")),
    ("silu", {}, F.silu),
    ("mish", {}, F.mish),
    ("softplus", {}, lambda x: F.softplus(x, threshold=40)),
    ("logSigmoid", {}, F.logsigmoid),
    ("hardTanh", {}, F.hardtanh),
    ("hardSigmoid", {}, F.hardsigmoid),
    ("hardSwish", {}, F.hardswish),
    ("softsign", {}, F.softsign),
    ("glu", {}, F.glu),
]


def weights(y):
    return torch.tensor([1 + (i % 5) / 4 for i in range(y.numel())], dtype=torch.float64).reshape(y.shape)


def record(name, options, function):
    x = torch.tensor(X, dtype=torch.float64, requires_grad=True)
    y = function(x)
    (y * weights(y)).sum().backward()
    return {"name": name, "options": options, "y": y.flatten().tolist(), "gradient": x.grad.flatten().tolist()}


def record_prelu(slopes):
    x = torch.tensor(X, dtype=torch.float64).reshape(-1, 4).requires_grad_()
    slope = torch.tensor(slopes, dtype=torch.float64, requires_grad=True)
    y = F.prelu(x, slope)
    (y * weights(y)).sum().backward()
    return {"slope": slopes, "y": y.flatten().tolist(), "gradient": x.grad.flatten().tolist(), "slopeGradient": slope.grad.tolist()}


def main():
    cases = [json.dumps(record(*case)) for case in CASES]
    prelu = [json.dumps(record_prelu(slopes)) for slopes in ([0.25], [0.25, -0.5, 0.125, 2.0])]
    lines = [f'  "x": {json.dumps(X)},', f'  "torch": {json.dumps(torch.__version__.split("+")[0])},', '  "cases": [']
    lines += [f"    {case}{',' if i + 1 < len(cases) else ''}" for i, case in enumerate(cases)]
    lines += ["  ],", '  "prelu": [', f"    {prelu[0]},", f"    {prelu[1]}", "  ]"]
    text = "\n".join(["{", *lines, "}", ""])
    json.loads(text)
    pathlib.Path(__file__).with_name("activations.json").write_text(text)


if __name__ == "__main__":
    main()
