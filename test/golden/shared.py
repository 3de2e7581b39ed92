"""Records PyTorch's embedding and two siamese networks, whose encoder runs twice in a step, in float64 to shared.json. Run with a Python that has PyTorch.

Parameters are counted in PyTorch's order: the p-th of a network has w_i = ((31 i + 7 p) mod 17) / 16 - 1/2; x_i = ((7919 i) mod 101) / 16 - 3; slopes are
1 + (i mod 5) / 4. Networks take three steps of SGD with momentum over all of the data; gradients are those of the first.
"""

import json
import pathlib

import torch
from torch import nn
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)


def numbers(shape, of):
    return torch.tensor([of(i) for i in range(torch.Size(shape).numel())]).reshape(shape)


def embedding(padding, rows):
    table = nn.Embedding(5, 3, padding_idx=padding)
    with torch.no_grad():
        table.weight.copy_(numbers([5, 3], lambda i: 31 * i % 17 / 8 - 1))
    y = table(torch.tensor(rows))
    (y * numbers(y.shape, lambda i: 1 + i % 5 / 4)).sum().backward()
    return {"padding": padding, "rows": rows, "y": y.flatten().tolist(), "dw": table.weight.grad.flatten().tolist()}


class Mean(nn.Module):
    """Over the axis before the last."""

    def forward(self, x):
        return x.mean(-2)


class Places(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Siamese(nn.Module):
    """One encoder for both sides; one logit of |a - b|."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(3, 1)

    def forward(self, left, right):
        return self.head(torch.abs(self.encoder(left) - self.encoder(right)))


WORDS = [numbers([6, 4], lambda i: (7 * i + 3) % 9).long(), numbers([6, 4], lambda i: (5 * i + 1) % 9).long()]
IMAGES = [numbers([6, 2, 5, 5], lambda i: 7919 * i % 101 / 16 - 3), numbers([6, 2, 5, 5], lambda i: 7919 * (i + 50) % 103 / 16 - 3)]
SAME = torch.tensor([1.0, 0, 1, 1, 0, 0]).reshape(6, 1)


def network(encoder, left, right):
    model = Siamese(encoder)
    with torch.no_grad():
        for p, weight in enumerate(model.parameters()):
            weight.copy_(numbers(weight.shape, lambda i: (31 * i + 7 * p) % 17 / 16 - 0.5))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
    losses, gradients = [], None
    for _ in range(3):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(left, right), SAME)
        loss.backward()
        gradients = gradients or {name: p.grad.flatten().tolist() for name, p in model.named_parameters()}
        losses.append(loss.item())
        optimizer.step()
    state = {name: value.flatten().tolist() for name, value in model.state_dict().items()}
    model.eval()
    return {"losses": losses, "gradients": gradients, "state": state, "evaluated": model(left, right).flatten().tolist()}


recorded = {
    "embedding": [embedding(None, [3, 0, 3, 4]), embedding(2, [[2, 0, 1], [2, 4, 2]])],
    "words": network(nn.Sequential(nn.Embedding(9, 4), Mean(), nn.Linear(4, 3), nn.Tanh()), *WORDS),
    "images": network(nn.Sequential(nn.Conv2d(2, 3, 3, bias=False), nn.BatchNorm2d(3), nn.SiLU(), Places()), *IMAGES),
}
lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(value)}" for name, value in recorded.items())
pathlib.Path(__file__).with_suffix(".json").write_text("{\n" + lines + "\n}\n")
