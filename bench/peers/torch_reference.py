"""One short training in PyTorch, step by step on paper. Usage: torch_reference.py WORKLOAD FOLDER
WORKLOAD is a JSON object {layers, activation, norm} or {network, input, classes}, with {batch, optimizer, samples, steps, dtype}. Writes into FOLDER: weights.safetensors (before the
first step), x.bin (float32, channels last), y.bin (int32), order.bin (int32 sample numbers, step by step); prints one JSON line: `losses`, before each step
and of the first batch after the last, and `again`, the same if each batch's rows come in reverse, which changes rounding only."""
import copy, json, pathlib, struct, sys
import torch
from torch import nn

work = json.loads(sys.argv[1])
folder = pathlib.Path(sys.argv[2])
torch.manual_seed(0)


class Block(nn.Module):
    def __init__(self, into, out, stride):
        super().__init__()
        self.c1 = nn.Conv2d(into, out, 3, stride, 1, bias=False)
        self.b1 = nn.BatchNorm2d(out)
        self.c2 = nn.Conv2d(out, out, 3, 1, 1, bias=False)
        self.b2 = nn.BatchNorm2d(out)
        same = stride == 1 and into == out
        self.sc = nn.Identity() if same else nn.Sequential(nn.Conv2d(into, out, 1, stride, bias=False), nn.BatchNorm2d(out))

    def forward(self, x):
        return torch.relu(self.b2(self.c2(torch.relu(self.b1(self.c1(x))))) + self.sc(x))


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(32, 64, 3, padding=1), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(64 * 49, 128), nn.ReLU(), nn.Linear(128, 10))


def resnet20():
    layers, channels = [nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU()], 16
    for out, stride in ((16, 1), (32, 2), (64, 2)):
        for i in range(3):
            layers.append(Block(channels, out, stride if i == 0 else 1))
            channels = out
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10))


def mlp(layers, activation, norm):
    modules = []
    for i in range(1, len(layers)):
        modules.append(nn.Linear(layers[i - 1], layers[i]))
        if i < len(layers) - 1:
            if norm:
                modules.append(nn.BatchNorm1d(layers[i]))
            modules.append(nn.Tanh() if activation == "tanh" else nn.ReLU())
    return nn.Sequential(*modules)


def network():
    if "network" in work:
        return {"cnn": cnn, "resnet20": resnet20}[work["network"]]()
    return mlp(work["layers"], work["activation"], work.get("norm", False))


def optimizer(kind, parameters):
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=0.1)
    if kind == "momentum":
        return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)
    return torch.optim.Adam(parameters, lr=1e-3)


NAMES = {torch.float64: "F64", torch.float32: "F32", torch.int64: "I64"}


def save(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": NAMES[tensor.dtype], "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def train(model, batches):
    step = optimizer(work["optimizer"], model.parameters())
    losses = []
    for rows in batches:
        step.zero_grad(set_to_none=True)
        loss = loss_of(model(x[rows].to(dtype)), y[rows])
        losses.append(loss.item())
        loss.backward()
        step.step()
    model.eval()
    with torch.no_grad():
        after = loss_of(model(x[order[0]].to(dtype)), y[order[0]]).item()
    return losses + [after]


dtype = getattr(torch, work["dtype"])
model = network().to(dtype)
again = copy.deepcopy(model)
loss_of = nn.CrossEntropyLoss()
n, batch = work["samples"], work["batch"]
shape = work.get("input") or [work["layers"][0]]
x = torch.rand(n, *(shape[-1:] + shape[:-1]))
y = torch.randint(0, work.get("classes") or work["layers"][-1], (n,))
order = torch.stack([torch.randperm(n)[:batch] for _ in range(work["steps"])])

save(folder / "weights.safetensors", model.state_dict())
images = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
for name, tensor, kind in (("x", images, torch.float32), ("y", y, torch.int32), ("order", order, torch.int32)):
    (folder / f"{name}.bin").write_bytes(tensor.to(kind).contiguous().numpy().tobytes())

losses = train(model, order)
print(json.dumps({"engine": f"torch-{torch.__version__}", "losses": losses, "again": train(again, order.flip(1))}))
