"""Records PyTorch's losses in float64, values and gradients, to losses.json. Run with a Python that has PyTorch.

Predictions are x_i = ((7919 i) mod 101) / 16 - 3; labels (3 i + 1) mod classes, every third of them ignored where that is asked for; probabilities are
softmax of x_i = i mod 5; signs -1, 1, 1, -1, 1, 1 ...; targets of regression ((31 i) mod 17) / 4 - 2.
"""

import json
import pathlib

import torch
from torch.nn import functional as F


def numbers(shape, of):
    return torch.tensor([of(i) for i in range(torch.Size(shape).numel())], dtype=torch.float64).reshape(shape)


ROWS, CLASSES = 7, 4
W = torch.tensor([0.5, 2.0, 1.0, 0.25], dtype=torch.float64)
labels = torch.tensor([(3 * i + 1) % CLASSES for i in range(ROWS)])
ignored = torch.tensor([-1 if i % 3 == 0 else (3 * i + 1) % CLASSES for i in range(ROWS)])
soft = torch.softmax(numbers([ROWS, CLASSES], lambda i: i % 5), 1)
signs = numbers([ROWS, 2], lambda i: -1.0 if i % 3 == 0 else 1.0)
binary = (signs + 1) / 2
reals = numbers([ROWS, CLASSES], lambda i: (31 * i) % 17 / 4 - 2)


def safe_cross_entropy(x, y, **options):
    return F.cross_entropy(x, y, ignore_index=-1, **options)


def sigmoid_focal(x):
    p = torch.sigmoid(x)
    right, share = torch.where(binary == 1, p, 1 - p), torch.where(binary == 1, 0.25, 0.75)
    return (share * (1 - right) ** 2 * F.binary_cross_entropy_with_logits(x, binary, reduction="none")).mean()


# our loss, options, kind of target, function
CASES = [
    ("meanSquaredError", {}, "reals", lambda x: F.mse_loss(x, reals)),
    ("softmaxCrossEntropy", {}, "labels", lambda x: F.cross_entropy(x, labels)),
    ("softmaxCrossEntropy", {}, "soft", lambda x: F.cross_entropy(x, soft)),
    ("sigmoidBinaryCrossEntropy", {}, "binary", lambda x: F.binary_cross_entropy_with_logits(x, binary)),
    ("softmaxCrossEntropy", {"classWeights": W.tolist()}, "labels", lambda x: F.cross_entropy(x, labels, W)),
    ("softmaxCrossEntropy", {"labelSmoothing": 0.2}, "labels", lambda x: F.cross_entropy(x, labels, label_smoothing=0.2)),
    ("softmaxCrossEntropy", {"ignoreLabel": -1}, "ignored", lambda x: safe_cross_entropy(x, ignored)),
    ("softmaxCrossEntropy", {"ignoreLabel": -1, "classWeights": W.tolist(), "labelSmoothing": 0.1}, "ignored", lambda x: safe_cross_entropy(x, ignored, weight=W, label_smoothing=0.1)),
    ("softmaxCrossEntropy", {"ignoreLabel": -1, "labelSmoothing": 0.1}, "ignored", lambda x: safe_cross_entropy(x, ignored, label_smoothing=0.1)),
    ("softmaxCrossEntropy", {"classWeights": W.tolist(), "labelSmoothing": 0.1}, "soft", lambda x: F.cross_entropy(x, soft, W, label_smoothing=0.1)),
    ("negativeLogLikelihood", {"classWeights": W.tolist(), "ignoreLabel": -1}, "ignored", lambda x: F.nll_loss(x, ignored, W, ignore_index=-1)),
    ("negativeLogLikelihood", {}, "labels", lambda x: F.nll_loss(x, labels)),
    ("klDivergence", {}, "soft", lambda x: F.kl_div(x, soft, reduction="batchmean")),
    ("huber", {"delta": 0.7}, "reals", lambda x: F.huber_loss(x, reals, delta=0.7)),
    ("smoothL1", {"beta": 0.7}, "reals", lambda x: F.smooth_l1_loss(x, reals, beta=0.7)),
    ("meanAbsoluteError", {}, "reals", lambda x: F.l1_loss(x, reals)),
    ("cosine", {}, "reals", lambda x: F.cosine_embedding_loss(x, reals, torch.ones(ROWS, dtype=torch.float64))),
    ("logistic", {}, "signs", lambda x: F.soft_margin_loss(x, signs)),
    ("logistic", {"labels": "binary"}, "binary", lambda x: F.soft_margin_loss(x, signs)),
    ("hinge", {}, "signs", lambda x: torch.clamp(1 - signs * x, min=0).mean()),
    ("squaredHinge", {}, "signs", lambda x: torch.clamp(1 - signs * x, min=0).square().mean()),
    ("sigmoidBinaryCrossEntropy", {"positiveWeight": 3}, "binary", lambda x: F.binary_cross_entropy_with_logits(x, binary, pos_weight=torch.tensor(3.0, dtype=torch.float64))),
    ("sigmoidBinaryCrossEntropy", {"labelSmoothing": 0.2, "positiveWeight": 3}, "binary", lambda x: F.binary_cross_entropy_with_logits(x, binary * 0.8 + 0.1, pos_weight=torch.tensor(3.0, dtype=torch.float64))),
    ("hinge", {"labels": "binary"}, "binary", lambda x: torch.clamp(1 - signs * x, min=0).mean()),
    ("sigmoidFocal", {"gamma": 2, "alpha": 0.25}, "binary", sigmoid_focal),
    ("focal", {"gamma": 1.5, "classWeights": W.tolist()}, "labels", lambda x: ((1 - F.softmax(x, 1)[range(ROWS), labels]) ** 1.5 * F.cross_entropy(x, labels, W, reduction="none")).sum() / W[labels].sum()),
    ("focal", {"gamma": 2}, "labels", lambda x: ((1 - F.softmax(x, 1)[range(ROWS), labels]) ** 2 * F.cross_entropy(x, labels, reduction="none")).mean()),
]


def record(name, options, target, of):
    columns = 2 if target in ("signs", "binary") else CLASSES
    x = numbers([ROWS, columns], lambda i: 7919 * i % 101 / 16 - 3).requires_grad_()
    loss = of(x)
    loss.backward()
    return {"loss": name, "options": options, "target": target, "columns": columns, "value": loss.item(), "gradient": x.grad.flatten().tolist()}


path = pathlib.Path(__file__).with_suffix(".json")
path.write_text('{"cases": [\n' + ",\n".join(json.dumps(record(*case)) for case in CASES) + "\n]}\n")
