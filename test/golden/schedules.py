"""Records the learning rates of PyTorch's schedules to schedules.json. Run with a Python that has PyTorch."""

import json
import pathlib

import torch
from torch.optim import lr_scheduler as schedulers

STEPS = 64


CASES = [
    ("exponential", {"start": 0.1, "factor": 0.9, "every": 1}, 0.1, lambda o: schedulers.ExponentialLR(o, 0.9)),
    ("piecewiseConstant", {"start": 0.1, "factor": 0.5, "every": 7}, 0.1, lambda o: schedulers.StepLR(o, 7, 0.5)),
    ("piecewiseConstant", {"start": 0.3, "boundaries": [10, 11, 40]}, 0.3, lambda o: schedulers.MultiStepLR(o, [10, 11, 40], 0.1)),
    ("polynomial", {"start": 0.1, "over": 40}, 0.1, lambda o: schedulers.PolynomialLR(o, 40)),
    ("polynomial", {"start": 0.1, "over": 40, "power": 2.5}, 0.1, lambda o: schedulers.PolynomialLR(o, 40, 2.5)),
    ("cosine", {"start": 0.1, "end": 0.01, "over": 63}, 0.1, lambda o: schedulers.CosineAnnealingLR(o, 63, 0.01)),
    ("cosineRestarts", {"start": 0.1, "over": 9}, 0.1, lambda o: schedulers.CosineAnnealingWarmRestarts(o, 9)),
    (
        "cosineRestarts",
        {"start": 0.1, "end": 0.01, "over": 5, "growth": 2},
        0.1,
        lambda o: schedulers.CosineAnnealingWarmRestarts(o, 5, 2, 0.01),
    ),
    ("oneCycle", {"max": 0.1, "over": 64}, 1, lambda o: schedulers.OneCycleLR(o, 0.1, 64, cycle_momentum=False)),
    (
        "oneCycle",
        {"max": 0.1, "over": 64, "rise": 0.125, "initialDivisor": 10, "finalDivisor": 100, "shape": "linear"},
        1,
        lambda o: schedulers.OneCycleLR(
            o, 0.1, 64, pct_start=0.125, div_factor=10, final_div_factor=100, anneal_strategy="linear", cycle_momentum=False
        ),
    ),
]


def record(name, options, start, make):
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=start)
    scheduler = make(optimizer)
    rates = []
    for step in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        if step + 1 < STEPS:
            scheduler.step()
    return {"schedule": name, "options": options, "rates": rates}


def main():
    cases = [json.dumps(record(*case)) for case in CASES]
    lines = [f"    {case}{',' if i + 1 < len(cases) else ''}" for i, case in enumerate(cases)]
    text = "\n".join(["{", f'  "torch": {json.dumps(torch.__version__.split("+")[0])},', '  "cases": [', *lines, "  ]", "}", ""])
    json.loads(text)
    pathlib.Path(__file__).with_name("schedules.json").write_text(text)


if __name__ == "__main__":
    main()
