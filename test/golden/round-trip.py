"""The round trip of state dicts with PyTorch, layer by layer, in float32 and float64. Run with a Python that has PyTorch and safetensors.

Without arguments: records, for each dtype, the state of a network that has every layer of LAYERS under its name (round-trip-<dtype>.safetensors) and
inputs and outputs in evaluation (round-trip-values-<dtype>.safetensors: x.<name> and y.<name>); and the layers as our factories take them
(round-trip.json).

--check: lets the test save states and outputs of ours to a temporary folder, loads them into the same network with load_state_dict(strict=True), and
compares the outputs.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.utils import weight_norm

HERE = pathlib.Path(__file__).parent
DTYPES = ["float32", "float64"]

LINE, IMAGE, ROWS = [2, 4, 7], [2, 3, 5, 4], [3, 4]
# Shapes that are channels-first here and channels-last in ours, unless a case says that its axes lie alike.
CASES = {
    "linear": (["linear", 4, 3], ROWS),
    "linearWithoutBias": (["linear", 4, 3, {"bias": False}], ROWS),
    "linearOfSequences": (["linear", 4, 3], [2, 3, 4], "alike"),
    "conv1d": (["conv1d", 4, 3, 3], LINE),
    "conv1dStride": (["conv1d", 4, 6, 3, {"stride": 2, "padding": 1, "groups": 2}], LINE),
    "conv1dSame": (["conv1d", 4, 3, 2, {"padding": "same", "dilation": 2, "bias": False}], LINE),
    "conv2d": (["conv2d", 3, 4, 3], IMAGE),
    "conv2dStride": (["conv2d", 3, 4, 3, {"stride": 2, "padding": 1}], IMAGE),
    "conv2dSame": (["conv2d", 3, 4, [3, 2], {"padding": "same"}], IMAGE),
    "conv2dDilation": (["conv2d", 3, 2, 2, {"dilation": [2, 1], "padding": [1, 0], "bias": False}], IMAGE),
    "conv2dGroups": (["conv2d", 4, 6, 2, {"groups": 2}], [1, 4, 4, 3]),
    "conv2dPlaces": (["conv2d", 3, 5, 1], IMAGE),
    "depthwiseConv2d": (["depthwiseConv2d", 3, 3, {"padding": 1, "stride": [2, 1]}], IMAGE),
    "convTranspose1d": (["convTranspose1d", 4, 3, 3, {"stride": 2, "padding": 1}], LINE),
    "convTranspose1dGroups": (["convTranspose1d", 4, 2, 2, {"groups": 2, "dilation": 2, "bias": False}], LINE),
    "convTranspose2d": (["convTranspose2d", 3, 2, 2], [1, 3, 3, 2]),
    "convTranspose2dStride": (["convTranspose2d", 3, 2, 3, {"stride": 2, "padding": 1, "outputPadding": 1}], [1, 3, 3, 2]),
    "convTranspose2dGroups": (["convTranspose2d", 4, 6, [2, 3], {"groups": 2, "stride": [1, 3]}], [1, 4, 3, 2]),
    "batchNorm": (["batchNorm", 4], ROWS),
    "batchNorm1d": (["batchNorm", 4, {"momentum": None, "epsilon": 1e-3}], LINE),
    "batchNorm2d": (["batchNorm", 3, {"momentum": 0.3}], IMAGE),
    "batchNormPlain": (["batchNorm", 3, {"affine": False}], IMAGE),
    "batchNormOfBatches": (["batchNorm", 3, {"trackRunningStats": False}], IMAGE),
    "layerNorm": (["layerNorm", 4], ROWS),
    "layerNormOfAxes": (["layerNorm", [3, 4]], [2, 3, 4], "alike"),
    "layerNormPlain": (["layerNorm", 4, {"affine": False, "epsilon": 1e-3}], ROWS),
    "rmsNorm": (["rmsNorm", 4], ROWS),
    "groupNorm": (["groupNorm", 2, 4], LINE),
    "groupNorm2d": (["groupNorm", 3, 3], IMAGE),
    "instanceNorm1d": (["instanceNorm", 4], LINE),
    "instanceNorm2d": (["instanceNorm", 3, {"affine": True}], IMAGE),
    "embedding": (["embedding", 9, 4], [2, 5], "alike"),
    "embeddingPadding": (["embedding", 9, 4, {"paddingIndex": 3}], [2, 5], "alike"),
    "prelu": (["prelu"], ROWS),
    "preluOfChannels": (["prelu", 3], IMAGE),
    "weightNormLinear": (["weightNorm", ["linear", 4, 3]], ROWS),
    "weightNormConv1d": (["weightNorm", ["conv1d", 4, 3, 3, {"bias": False}]], LINE),
    "weightNormConv2d": (["weightNorm", ["conv2d", 3, 4, 2]], IMAGE),
    **{name: ([name], ROWS) for name in "relu relu6 leakyRelu elu selu gelu silu mish softplus tanh sigmoid".split()},
    **{name: ([name], ROWS) for name in "logSigmoid hardTanh hardSigmoid hardSwish softsign softmax logSoftmax glu identity".split()},
    "geluTanh": (["gelu", {"approximate": "tanh"}], ROWS),
    "leakyReluSlope": (["leakyRelu", 0.25], ROWS),
    "eluAlpha": (["elu", 0.75], ROWS),
    "dropout": (["dropout", 0.5], ROWS),
    "dropout2d": (["dropout2d", 0.5], IMAGE),
    "maxPool1d": (["maxPool1d", 3, {"stride": 2, "padding": 1}], LINE),
    "maxPool2d": (["maxPool2d", 2], IMAGE),
    "avgPool1d": (["avgPool1d", 3, {"stride": 2, "padding": 1, "countIncludePad": False}], LINE),
    "avgPool2d": (["avgPool2d", [3, 2], {"stride": [2, 1]}], IMAGE),
    "adaptiveAvgPool1d": (["adaptiveAvgPool1d", 3], LINE),
    "adaptiveAvgPool2d": (["adaptiveAvgPool2d", [3, 2]], IMAGE),
    "adaptiveMaxPool1d": (["adaptiveMaxPool1d", 3], LINE),
    "adaptiveMaxPool2d": (["adaptiveMaxPool2d", 3], IMAGE),
    "globalAvgPool": (["globalAvgPool"], IMAGE),
    "globalMaxPool": (["globalMaxPool"], IMAGE),
    "upsample": (["upsample", 2], IMAGE),
    "upsampleBilinear": (["upsample", [2, 3], {"mode": "bilinear"}], IMAGE),
    "zeroPad1d": (["zeroPad1d", [1, 2]], LINE),
    "zeroPad2d": (["zeroPad2d", [[1, 0], [2, 1]]], IMAGE),
    "reshape": (["reshape", [2, 2]], ROWS, "alike"),
    "flatten": (["sequential", ["conv2d", 3, 2, 2], ["flatten"], ["linear", 24, 3]], IMAGE),
    "residual": (["residual", ["sequential", ["linear", 4, 4], ["tanh"], ["linear", 4, 4]]], ROWS),
    "residualShortcut": (["residual", ["conv2d", 3, 4, 3, {"padding": 1}], ["conv2d", 3, 4, 1, {"bias": False}]], IMAGE),
    "tied": (["tied", ["linear", 4, 4], ["tanh"]], ROWS),
    "nested": (["nested", 4], ROWS),
    "dropout1d": (["dropout1d", 0.5], LINE),
}

ACTIVATIONS = {
    "relu": nn.ReLU, "relu6": nn.ReLU6, "selu": nn.SELU, "silu": nn.SiLU, "mish": nn.Mish, "tanh": nn.Tanh, "sigmoid": nn.Sigmoid,
    "logSigmoid": nn.LogSigmoid, "hardTanh": nn.Hardtanh, "hardSigmoid": nn.Hardsigmoid, "hardSwish": nn.Hardswish, "softsign": nn.Softsign,
    "identity": nn.Identity,
}  # fmt: skip
NAMES = {"outputPadding": "output_padding", "epsilon": "eps", "trackRunningStats": "track_running_stats", "countIncludePad": "count_include_pad"}


class Residual(nn.Module):
    def __init__(self, body, shortcut=None):
        super().__init__()
        self.body, self.shortcut = body, shortcut

    def forward(self, x):
        return self.body(x) + (x if self.shortcut is None else self.shortcut(x))


class Nested(nn.Module):
    """Arrays, named parts, a parameter and a buffer of a module's own."""

    def __init__(self, features):
        super().__init__()
        self.scale = nn.Parameter(torch.rand(features))
        self.register_buffer("offset", torch.rand(features))
        self.blocks = nn.ModuleList([nn.Linear(features, features), nn.Sequential(nn.Linear(features, features), nn.BatchNorm1d(features))])
        self.heads = nn.ModuleDict({"mean": nn.Linear(features, 2), "spread": nn.Linear(features, 2, bias=False)})

    def forward(self, x):
        x = x * self.scale + self.offset
        for block in self.blocks:
            x = block(x)
        return self.heads["mean"](x) + self.heads["spread"](x)


def tupled(value):
    return tuple(value) if isinstance(value, list) else value


def build(spec, rank):
    """PyTorch's layer for a call of our factory, over inputs of so many axes."""
    name, *given = spec
    options = given.pop() if given and isinstance(given[-1], dict) else {}
    options = {NAMES.get(key, key): tupled(value) for key, value in options.items()}
    parts = [build(part, rank) for part in given if isinstance(part, list) and isinstance(part[0], str)]
    given = [tupled(value) for value in given]
    if name in ACTIVATIONS:
        return ACTIVATIONS[name]()
    match name:
        case "linear": return nn.Linear(*given, **options)
        case "conv1d": return nn.Conv1d(*given, **options)
        case "conv2d": return nn.Conv2d(*given, **options)
        case "depthwiseConv2d": return nn.Conv2d(given[0], *given, groups=given[0], **options)
        case "convTranspose1d": return nn.ConvTranspose1d(*given, **options)
        case "convTranspose2d": return nn.ConvTranspose2d(*given, **options)
        case "batchNorm": return (nn.BatchNorm2d if rank == 4 else nn.BatchNorm1d)(*given, **options)
        case "layerNorm": return nn.LayerNorm(*given, eps=options.get("eps", 1e-5), elementwise_affine=options.get("affine", True))
        case "rmsNorm": return nn.RMSNorm(*given)
        case "groupNorm": return nn.GroupNorm(*given)
        case "instanceNorm": return (nn.InstanceNorm2d if rank == 4 else nn.InstanceNorm1d)(*given, **options)
        case "embedding": return nn.Embedding(*given, padding_idx=options.get("paddingIndex"))
        case "prelu": return nn.PReLU(*given)
        case "weightNorm": return weight_norm(parts[0])
        case "leakyRelu": return nn.LeakyReLU(*given)
        case "elu": return nn.ELU(*given)
        case "gelu": return nn.GELU(**options)
        # From 20 on PyTorch's softplus is x, which differs from log(1 + e^x) by 2e-9; from 40 on it does not.
        case "softplus": return nn.Softplus(threshold=40)
        case "softmax": return nn.Softmax(-1)
        case "logSoftmax": return nn.LogSoftmax(-1)
        case "glu": return nn.GLU(-1)
        case "dropout": return nn.Dropout(*given)
        case "dropout1d": return nn.Dropout1d(*given)
        case "dropout2d": return nn.Dropout2d(*given)
        case "maxPool1d": return nn.MaxPool1d(*given, **options)
        case "maxPool2d": return nn.MaxPool2d(*given, **options)
        case "avgPool1d": return nn.AvgPool1d(*given, **options)
        case "avgPool2d": return nn.AvgPool2d(*given, **options)
        case "adaptiveAvgPool1d": return nn.AdaptiveAvgPool1d(*given)
        case "adaptiveAvgPool2d": return nn.AdaptiveAvgPool2d(*given)
        case "adaptiveMaxPool1d": return nn.AdaptiveMaxPool1d(*given)
        case "adaptiveMaxPool2d": return nn.AdaptiveMaxPool2d(*given)
        case "globalAvgPool": return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
        case "globalMaxPool": return nn.Sequential(nn.AdaptiveMaxPool2d(1), nn.Flatten())
        case "upsample": return nn.Upsample(scale_factor=given[0], **options)
        case "zeroPad1d": return nn.ZeroPad1d(given[0])
        case "zeroPad2d": return nn.ZeroPad2d((*given[0][1], *given[0][0]))
        case "reshape": return nn.Unflatten(1, given[0])
        case "flatten": return nn.Flatten()
        case "sequential": return nn.Sequential(*parts)
        case "residual": return Residual(*parts)
        case "tied": return nn.Sequential(parts[0], parts[1], parts[0])
        case "nested": return Nested(*given)
    raise ValueError(name)


def network(dtype):
    return nn.ModuleDict({name: build(spec, len(shape)) for name, (spec, shape, *_) in CASES.items()}).to(getattr(torch, dtype))


def draw(name, shape, dtype):
    if name.startswith("embedding"):
        return torch.randint(0, 9, shape, dtype=torch.int32)
    return torch.randn(shape, dtype=getattr(torch, dtype))


def record(dtype):
    torch.manual_seed(7)
    layers = network(dtype)
    with torch.no_grad():
        for parameter in layers.parameters():
            parameter.add_(torch.rand_like(parameter) / 4)
        for name, (_, shape, *_) in CASES.items():
            for _ in range(3):  # running statistics that are none's default
                layers[name](draw(name, shape, dtype))
        layers.eval()
        inputs = {name: draw(name, shape, dtype) for name, (_, shape, *_) in CASES.items()}
        values = {f"x.{name}": x for name, x in inputs.items()} | {f"y.{name}": layers[name](x).contiguous() for name, x in inputs.items()}
    # Tied weights lie in one memory, which the format refuses: each name gets a copy.
    save_file({name: tensor.clone() for name, tensor in layers.state_dict().items()}, HERE / f"round-trip-{dtype}.safetensors")
    save_file({name: tensor.clone() for name, tensor in values.items()}, HERE / f"round-trip-values-{dtype}.safetensors")


def check(folder, dtype):
    """Ours into PyTorch. Returns how many layers gave the same outputs."""
    layers = network(dtype)
    layers.load_state_dict(load_file(folder / f"state-{dtype}.safetensors"), strict=True)
    layers.eval()
    inputs, outputs = load_file(HERE / f"round-trip-values-{dtype}.safetensors"), load_file(folder / f"outputs-{dtype}.safetensors")
    tolerance = json.loads((folder / "tolerances.json").read_text())[dtype]
    worst = 0
    for name in CASES:
        with torch.no_grad():
            want, got = layers[name](inputs[f"x.{name}"]), outputs[name]
        assert got.shape == want.shape and got.dtype == want.dtype, f"{dtype} {name}: {got.dtype} {got.shape}, PyTorch has {want.dtype} {want.shape}"
        difference = ((got - want).abs().max() / want.abs().max().clamp(min=1)).item()
        worst = max(worst, difference)
        assert difference <= tolerance, f"{dtype} {name}: differs by {difference:.3g} of its largest output"
    print(f"{dtype}: {len(CASES)} layers of ours load in PyTorch {torch.__version__} and give the same outputs, to {worst:.2g}")


def main():
    if "--check" not in sys.argv:
        cases = [f"  {json.dumps(name)}: {json.dumps({'layer': case[0], 'alike': len(case) > 2})}" for name, case in CASES.items()]
        (HERE / "round-trip.json").write_text("{\n" + ",\n".join(cases) + "\n}\n")
        for dtype in DTYPES:
            record(dtype)
        return
    with tempfile.TemporaryDirectory() as name:
        command = ["npx", "vitest", "run", "test/nn/round-trip.test.ts"]
        subprocess.run(command, cwd=HERE.parent.parent, env={**os.environ, "RAVINE_ROUND_TRIP": name}, check=True)
        for dtype in DTYPES:
            check(pathlib.Path(name), dtype)


main()
