"""One short training in PyTorch, step by step on paper. Usage: torch_reference.py WORKLOAD FOLDER
WORKLOAD is a JSON object {layers, activation, batch, optimizer, samples, steps, dtype}. Writes into FOLDER: weights.safetensors (before the
first step), x.bin (float32), y.bin (int32), order.bin (int32 sample numbers, step by step); prints one JSON line: the mean of the losses before
each step, the first batch's loss after the last, and by how much that moves if each batch's rows come in reverse, which changes rounding only."""
import copy, json, pathlib, struct, sys
import torch
from torch import nn

work = json.loads(sys.argv[1])
folder = pathlib.Path(sys.argv[2])
torch.manual_seed(0)


def network(layers, activation):
    modules = []
    for i in range(1, len(layers)):
        modules.append(nn.Linear(layers[i - 1], layers[i]))
        if i < len(layers) - 1:
            modules.append(nn.Tanh() if activation == "tanh" else nn.ReLU())
    return nn.Sequential(*modules)


def optimizer(kind, parameters):
    if kind == "sgd":
        return torch.optim.SGD(parameters, lr=0.1)
    if kind == "momentum":
        return torch.optim.SGD(parameters, lr=0.05, momentum=0.9)
    return torch.optim.Adam(parameters, lr=1e-3)


def save(path, tensors):
    header, data = {}, b""
    for name, tensor in tensors.items():
        raw = tensor.detach().contiguous().numpy().tobytes()
        header[name] = {"dtype": "F64" if tensor.dtype == torch.float64 else "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
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
    with torch.no_grad():
        after = loss_of(model(x[order[0]].to(dtype)), y[order[0]]).item()
    return sum(losses) / len(losses), after


dtype = getattr(torch, work["dtype"])
model = network(work["layers"], work["activation"]).to(dtype)
again = copy.deepcopy(model)
loss_of = nn.CrossEntropyLoss()
n, batch = work["samples"], work["batch"]
x = torch.rand(n, work["layers"][0])
y = torch.randint(0, work["layers"][-1], (n,))
order = torch.stack([torch.randperm(n)[:batch] for _ in range(work["steps"])])

save(folder / "weights.safetensors", model.state_dict())
for name, tensor, kind in (("x", x, torch.float32), ("y", y, torch.int32), ("order", order, torch.int32)):
    (folder / f"{name}.bin").write_bytes(tensor.to(kind).contiguous().numpy().tobytes())

mean, after = train(model, order)
_, reversed_after = train(again, order.flip(1))
noise = abs(after - reversed_after) / abs(after)
print(json.dumps({"engine": f"torch-{torch.__version__}", "mean": mean, "after": after, "noise": noise}))
