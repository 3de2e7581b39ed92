"""One short training in PyTorch, step by step on paper. Usage: torch_reference.py WORKLOAD FOLDER
WORKLOAD is a JSON object {layers, activation, batch, optimizer, samples, steps}. Writes into FOLDER: weights.safetensors (before the first
step), x.bin (float32), y.bin (int32), order.bin (int32 sample numbers, step by step); prints one JSON line with the losses before each step
and the loss of the first batch after the last."""
import json, pathlib, struct, sys
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
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


model = network(work["layers"], work["activation"])
step = optimizer(work["optimizer"], model.parameters())
loss_of = nn.CrossEntropyLoss()
n, batch = work["samples"], work["batch"]
x = torch.rand(n, work["layers"][0])
y = torch.randint(0, work["layers"][-1], (n,))
order = torch.stack([torch.randperm(n)[:batch] for _ in range(work["steps"])])

save(folder / "weights.safetensors", model.state_dict())
for name, tensor, dtype in (("x", x, torch.float32), ("y", y, torch.int32), ("order", order, torch.int32)):
    (folder / f"{name}.bin").write_bytes(tensor.to(dtype).contiguous().numpy().tobytes())

losses = []
for rows in order:
    step.zero_grad(set_to_none=True)
    loss = loss_of(model(x[rows]), y[rows])
    losses.append(loss.item())
    loss.backward()
    step.step()
with torch.no_grad():
    after = loss_of(model(x[order[0]]), y[order[0]]).item()
print(json.dumps({"engine": f"torch-{torch.__version__}", "losses": losses, "after": after}))
