"""Records PyTorch's pooling, upsampling and padding in float64, values and gradients, to pool.json. Run with a Python that has PyTorch.

x, channels-last, is x_i = ((7919 i) mod 101) / 16 - 3, which has ties; the gradient is that of sum(y * dy) with dy_i = 1 + (i mod 5) / 4, i
counting channels-last too.
"""

import json
import pathlib

import torch
from torch.nn import functional as F

IMAGE = [2, 7, 6, 3]
LINE = [2, 9, 3]

# name, shape of x, first argument, options, function of channels-first tensors
CASES = [
    ("maxPool2d", IMAGE, 2, {}, lambda x: F.max_pool2d(x, 2)),
    ("maxPool2d", IMAGE, 3, {"stride": 2, "padding": 1}, lambda x: F.max_pool2d(x, 3, 2, 1)),
    ("maxPool2d", IMAGE, [3, 2], {"stride": [1, 2], "padding": [1, 0]}, lambda x: F.max_pool2d(x, (3, 2), (1, 2), (1, 0))),
    ("maxPool2d", IMAGE, 3, {"stride": 1, "padding": 1, "dilation": 2}, lambda x: F.max_pool2d(x, 3, 1, 1, 2)),
    ("maxPool1d", LINE, 3, {"stride": 2, "padding": 1}, lambda x: F.max_pool1d(x, 3, 2, 1)),
    ("maxPool1d", LINE, 2, {"stride": 3, "dilation": 3}, lambda x: F.max_pool1d(x, 2, 3, 0, 3)),
    ("maxPool2d", IMAGE, 2, {"ceilMode": True}, lambda x: F.max_pool2d(x, 2, ceil_mode=True)),
    ("maxPool2d", IMAGE, [3, 2], {"stride": [3, 4], "padding": 1, "ceilMode": True}, lambda x: F.max_pool2d(x, (3, 2), (3, 4), 1, ceil_mode=True)),
    ("maxPool1d", LINE, 2, {"stride": 4, "dilation": 3, "ceilMode": True}, lambda x: F.max_pool1d(x, 2, 4, 0, 3, ceil_mode=True)),
    ("avgPool2d", IMAGE, 2, {}, lambda x: F.avg_pool2d(x, 2)),
    ("avgPool2d", IMAGE, 3, {"stride": 2, "padding": 1}, lambda x: F.avg_pool2d(x, 3, 2, 1)),
    ("avgPool2d", IMAGE, 3, {"stride": 1, "padding": 1, "countIncludePad": False}, lambda x: F.avg_pool2d(x, 3, 1, 1, count_include_pad=False)),
    ("avgPool1d", LINE, 4, {"stride": 2, "padding": 2}, lambda x: F.avg_pool1d(x, 4, 2, 2)),
    ("avgPool1d", LINE, 4, {"stride": 3, "padding": 1, "countIncludePad": False}, lambda x: F.avg_pool1d(x, 4, 3, 1, count_include_pad=False)),
    ("avgPool2d", IMAGE, [2, 4], {"ceilMode": True}, lambda x: F.avg_pool2d(x, (2, 4), ceil_mode=True)),
    ("avgPool2d", IMAGE, 3, {"stride": [4, 3], "padding": 1, "ceilMode": True}, lambda x: F.avg_pool2d(x, 3, (4, 3), 1, ceil_mode=True)),
    ("avgPool2d", IMAGE, 3, {"stride": 4, "padding": 1, "ceilMode": True, "countIncludePad": False}, lambda x: F.avg_pool2d(x, 3, 4, 1, ceil_mode=True, count_include_pad=False)),
    ("avgPool1d", LINE, 4, {"stride": 3, "padding": 2, "ceilMode": True}, lambda x: F.avg_pool1d(x, 4, 3, 2, ceil_mode=True)),
    ("adaptiveAvgPool2d", IMAGE, 3, {}, lambda x: F.adaptive_avg_pool2d(x, 3)),
    ("adaptiveAvgPool2d", IMAGE, [9, 4], {}, lambda x: F.adaptive_avg_pool2d(x, (9, 4))),
    ("adaptiveAvgPool1d", LINE, 4, {}, lambda x: F.adaptive_avg_pool1d(x, 4)),
    ("adaptiveMaxPool2d", IMAGE, [3, 4], {}, lambda x: F.adaptive_max_pool2d(x, (3, 4))),
    ("adaptiveMaxPool1d", LINE, 2, {}, lambda x: F.adaptive_max_pool1d(x, 2)),
    ("globalAvgPool", IMAGE, None, {}, lambda x: F.adaptive_avg_pool2d(x, 1).flatten(1)),
    ("globalMaxPool", IMAGE, None, {}, lambda x: F.adaptive_max_pool2d(x, 1).flatten(1)),
    ("upsample", IMAGE, 2, {}, lambda x: F.interpolate(x, scale_factor=2, mode="nearest")),
    ("upsample", IMAGE, [3, 2], {"mode": "bilinear"}, lambda x: F.interpolate(x, scale_factor=(3, 2), mode="bilinear", align_corners=False)),
    ("upsample", IMAGE, 2, {"mode": "bilinear", "alignCorners": True}, lambda x: F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)),
    ("upsample", LINE, 3, {}, lambda x: F.interpolate(x, scale_factor=3, mode="nearest")),
    ("zeroPad1d", LINE, [2, 1], {}, lambda x: F.pad(x, (2, 1))),
    ("zeroPad2d", IMAGE, [[1, 0], [2, 3]], {}, lambda x: F.pad(x, (2, 3, 1, 0))),
    ("globalAvgPool", LINE, None, {}, lambda x: x.mean(2)),
    ("upsample", LINE, 3, {"mode": "bilinear"}, lambda x: F.interpolate(x, scale_factor=3, mode="linear", align_corners=False)),
]


def numbers(count):
    return torch.tensor([((7919 * i) % 101) / 16 - 3 for i in range(count)], dtype=torch.float64)


def channels_first(x):
    return x.movedim(-1, 1)


def channels_last(x):
    return x.movedim(1, -1) if x.dim() > 2 else x


def record(name, shape, argument, options, function):
    count = torch.Size(shape).numel()
    x = numbers(count).reshape(shape).requires_grad_()
    y = channels_last(function(channels_first(x).contiguous())).contiguous()
    dy = torch.tensor([1 + (i % 5) / 4 for i in range(y.numel())], dtype=torch.float64).reshape(y.shape)
    (y * dy).sum().backward()
    values = {"y": y.flatten().tolist(), "gradient": x.grad.flatten().tolist()}
    return {"name": name, "shape": shape, "argument": argument, "options": options, "output": list(y.shape), **values}


def main():
    lines = [json.dumps(record(*case)) for case in CASES]
    text = '{"torch": "%s", "cases": [\n%s\n]}\n' % (torch.__version__.split("+")[0], ",\n".join(lines))
    json.loads(text)
    pathlib.Path(__file__).with_name("pool.json").write_text(text)


if __name__ == "__main__":
    main()
