"""Records trajectories of PyTorch's optimisers in float64 to optimizers.json. Run with a Python that has PyTorch.

The problem has explicit gradients of order 1 at every step, made of sums and products only, so that they are the same bits anywhere:
g_i(w, t) = a_i (w_i - c_i) + b_i ((7 t + 3 i) mod 11 - 5).
"""

import json
import pathlib

import torch

STEPS = 200
EVERY = 40
START = [0.5, -1.25, 2.0, -0.75, 0.125, 3.0]
CURVATURE = [0.5, 1.0, 0.25, 1.5, 0.75, 0.125]
CENTRE = [1.0, -2.0, 0.5, 0.25, -1.5, 2.5]
NOISE = [0.25, 0.125, 0.5, 0.0625, 0.375, 0.1875]


def gradient(w, t):
    return [a * (x - c) + b * ((7 * t + 3 * i) % 11 - 5) for i, (x, a, c, b) in enumerate(zip(w, CURVATURE, CENTRE, NOISE))]


def schedule(t):
    """A rate that changes: where the two forms of momentum differ."""
    return 0.0625 / (1 + t // 50)


CASES = [
    ("sgd", {"learningRate": 0.0625}, torch.optim.SGD, {}),
    ("sgd", {"learningRate": 0.0625, "weightDecay": 0.01}, torch.optim.SGD, {"weight_decay": 0.01}),
    ("sgd", {"learningRate": 0.0078125, "maximize": True, "weightDecay": 0.5}, torch.optim.SGD, {"maximize": True, "weight_decay": 0.5}),
    ("sgd", {"learningRate": 0.0625, "momentum": 0.9, "momentumForm": "torch"}, torch.optim.SGD, {"momentum": 0.9}),
    ("sgd", {"learningRate": 0.0625, "momentum": 0.9, "momentumForm": "lecture"}, torch.optim.SGD, {"momentum": 0.9}),
    (
        "sgd",
        {"learningRate": 0.0625, "momentum": 0.9, "momentumForm": "torch", "nesterov": True},
        torch.optim.SGD,
        {"momentum": 0.9, "nesterov": True},
    ),
    (
        "sgd",
        {"learningRate": 0.0625, "momentum": 0.9, "momentumForm": "lecture", "nesterov": True, "weightDecay": 0.01},
        torch.optim.SGD,
        {"momentum": 0.9, "nesterov": True, "weight_decay": 0.01},
    ),
    (
        "sgd",
        {"learningRate": 0.0625, "momentum": 0.9, "momentumForm": "torch", "dampening": 0.25, "weightDecay": 0.01},
        torch.optim.SGD,
        {"momentum": 0.9, "dampening": 0.25, "weight_decay": 0.01},
    ),
    ("sgd", {"learningRate": "schedule", "momentum": 0.9, "momentumForm": "torch"}, torch.optim.SGD, {"momentum": 0.9}),
    ("adam", {"learningRate": 0.01}, torch.optim.Adam, {}),
    ("adam", {"learningRate": 0.01, "weightDecay": 0.01}, torch.optim.Adam, {"weight_decay": 0.01}),
    (
        "adam",
        {"learningRate": 0.03125, "beta1": 0.5, "beta2": 0.9, "epsilon": 1e-3},
        torch.optim.Adam,
        {"betas": (0.5, 0.9), "eps": 1e-3},
    ),
    ("adam", {"learningRate": "schedule"}, torch.optim.Adam, {}),
    ("adam", {"learningRate": "schedule", "amsgrad": True, "weightDecay": 0.01}, torch.optim.Adam, {"amsgrad": True, "weight_decay": 0.01}),
    ("adam", {"learningRate": 0.0078125, "maximize": True}, torch.optim.Adam, {"maximize": True}),
    ("adamw", {}, torch.optim.AdamW, {}),
    ("adamw", {"learningRate": "schedule", "weightDecay": 0.25}, torch.optim.AdamW, {"weight_decay": 0.25}),
    ("adam", {"learningRate": 0.01, "amsgrad": True, "beta2": 0.75}, torch.optim.Adam, {"amsgrad": True, "betas": (0.9, 0.75)}),
    ("adamw", {"learningRate": 0.01, "weightDecay": 0.125}, torch.optim.Adam, {"decoupled_weight_decay": True, "weight_decay": 0.125}),
    ("adamw", {"learningRate": 0.0078125, "amsgrad": True, "maximize": True}, torch.optim.AdamW, {"amsgrad": True, "maximize": True}),
    (
        "adamw",
        {"learningRate": "schedule", "beta1": 0.5, "beta2": 0.9, "amsgrad": True, "maximize": True},
        torch.optim.AdamW,
        {"betas": (0.5, 0.9), "amsgrad": True, "maximize": True},
    ),
    ("adagrad", {}, torch.optim.Adagrad, {}),
    ("adagrad", {"learningRate": 0.5, "lrDecay": 0.03125, "weightDecay": 0.01}, torch.optim.Adagrad, {"lr_decay": 0.03125, "weight_decay": 0.01}),
    (
        "adagrad",
        {"learningRate": "schedule", "initialAccumulatorValue": 0.75, "epsilon": 0.125, "maximize": True},
        torch.optim.Adagrad,
        {"initial_accumulator_value": 0.75, "eps": 0.125, "maximize": True},
    ),
    ("rmsprop", {}, torch.optim.RMSprop, {}),
    ("rmsprop", {"learningRate": "schedule", "alpha": 0.9, "centered": True}, torch.optim.RMSprop, {"alpha": 0.9, "centered": True}),
    (
        "rmsprop",
        {"learningRate": "schedule", "momentum": 0.75, "epsilon": 0.125, "weightDecay": 0.01},
        torch.optim.RMSprop,
        {"momentum": 0.75, "eps": 0.125, "weight_decay": 0.01},
    ),
    (
        "rmsprop",
        {"learningRate": 0.0078125, "momentum": 0.5, "centered": True, "maximize": True},
        torch.optim.RMSprop,
        {"momentum": 0.5, "centered": True, "maximize": True},
    ),
    ("nadam", {}, torch.optim.NAdam, {}),
    ("nadam", {"learningRate": "schedule", "momentumDecay": 0.0625, "weightDecay": 0.01}, torch.optim.NAdam, {"momentum_decay": 0.0625, "weight_decay": 0.01}),
    (
        "nadam",
        {"learningRate": "schedule", "decoupledWeightDecay": True, "weightDecay": 0.25, "beta1": 0.5, "beta2": 0.9},
        torch.optim.NAdam,
        {"decoupled_weight_decay": True, "weight_decay": 0.25, "betas": (0.5, 0.9)},
    ),
    ("nadam", {"learningRate": 0.0078125, "epsilon": 0.125, "maximize": True}, torch.optim.NAdam, {"eps": 0.125, "maximize": True}),
    ("radam", {"learningRate": 0.03125}, torch.optim.RAdam, {}),
    ("radam", {"learningRate": "schedule", "weightDecay": 0.01, "beta1": 0.5, "beta2": 0.9}, torch.optim.RAdam, {"weight_decay": 0.01, "betas": (0.5, 0.9)}),
    (
        "radam",
        {"learningRate": "schedule", "decoupledWeightDecay": True, "weightDecay": 0.25},
        torch.optim.RAdam,
        {"decoupled_weight_decay": True, "weight_decay": 0.25},
    ),
    ("radam", {"learningRate": 0.0078125, "epsilon": 0.125, "beta2": 0.5, "maximize": True}, torch.optim.RAdam, {"eps": 0.125, "betas": (0.9, 0.5), "maximize": True}),
    ("adamax", {}, torch.optim.Adamax, {}),
    ("adamax", {"learningRate": "schedule", "weightDecay": 0.01, "beta1": 0.5, "beta2": 0.75}, torch.optim.Adamax, {"weight_decay": 0.01, "betas": (0.5, 0.75)}),
    ("adamax", {"learningRate": 0.0078125, "epsilon": 0.125, "maximize": True}, torch.optim.Adamax, {"eps": 0.125, "maximize": True}),
    ("adadelta", {}, torch.optim.Adadelta, {}),
    ("adadelta", {"learningRate": "schedule", "rho": 0.5, "epsilon": 0.125, "weightDecay": 0.01}, torch.optim.Adadelta, {"rho": 0.5, "eps": 0.125, "weight_decay": 0.01}),
    ("adadelta", {"learningRate": 0.5, "maximize": True}, torch.optim.Adadelta, {"maximize": True}),
]


def under_schedule(cases):
    """Each case as it stands, and under a schedule; where the lecture's form of momentum is not PyTorch's."""
    seen = []
    for name, options, make, torch_options in cases:
        for given in (options, {**options, "learningRate": "schedule"}):
            lecture = options.get("momentumForm") == "lecture"
            if (name, given) in seen or (lecture and given is not options):
                continue
            seen.append((name, given))
            yield name, given, make, torch_options


def record(name, options, make, torch_options):
    rate = options.get("learningRate")
    given = {} if rate is None else {"lr": schedule(0) if rate == "schedule" else rate}
    w = torch.tensor(START, dtype=torch.float64)
    optimizer = make([w], foreach=False, **given, **torch_options)
    kept = []
    for t in range(STEPS):
        if rate == "schedule":
            optimizer.param_groups[0]["lr"] = schedule(t)
        w.grad = torch.tensor(gradient(w.tolist(), t), dtype=torch.float64)
        optimizer.step()
        if (t + 1) % EVERY == 0:
            kept.append(w.tolist())
    return {"optimizer": name, "options": options, "parameters": kept}


def main():
    # NAdam's product of momenta is of the default type.
    torch.set_default_dtype(torch.float64)
    problem = {"steps": STEPS, "every": EVERY, "start": START, "curvature": CURVATURE, "centre": CENTRE, "noise": NOISE}
    lines = [f'  "problem": {json.dumps(problem)},', f'  "torch": {json.dumps(torch.__version__.split("+")[0])},', '  "cases": [']
    cases = [json.dumps(record(*case)) for case in under_schedule(CASES)]
    lines += [f"    {case}{',' if i + 1 < len(cases) else ''}" for i, case in enumerate(cases)]
    text = "\n".join(["{", *lines, "  ]", "}", ""])
    json.loads(text)
    pathlib.Path(__file__).with_name("optimizers.json").write_text(text)


if __name__ == "__main__":
    main()
