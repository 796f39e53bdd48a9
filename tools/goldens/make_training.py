#!/usr/bin/env python3
"""Write tests/golden/training_*.txt: what timm's networks and torch's optimizers do in training, for tests/train.

    tools/goldens/setup && build/goldens/venv/bin/python tools/goldens/make_training.py

Networks: weights and photos are generated as generated.py says, loss and gradients are float64. Twice each, from the same
weights: with frozen statistics (all batch norms in eval, everything trainable) and with those of the batch. A tensor is told by
its norm and its projection on the values that its name with ".projection" generates in [-1, 1): any element that is wrong by a
share of the norm shows in it.

Optimizers: generated values and gradients; one tensor has no gradient in the first two steps, as one that thaws.
"""

import argparse
import importlib.metadata
import pathlib

import generated
import numpy as np
import timm
import torch
from timm.optim import RMSpropTF
from torch.nn import functional

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ("efficientnet_b0", "tf_efficientnet_lite0")
CLASSES, SHAPE, STEPS, SMOOTHING, MOMENTUM = 10, (4, 3, 96, 96), 10, 0.1, 0.9
# The loss falls at both. Under batch statistics float32 cannot follow ten steps at this one: the test takes double there.
RATES = {"frozen": 1e-4, "batch": 1e-2}
LABELS = (0, 3, 7, 9)

SHAPES = {"conv_stem.weight": (8, 3, 3, 3), "bn1.weight": (8,), "classifier.weight": (5, 32), "classifier.bias": (5,)}
LATE, LATE_STEPS, OPTIMIZER_STEPS = "classifier.weight", 2, 6
OPTIMIZER_RATE, DECAY = 0.05, 0.1


def projection(name, values):
    """The norm of an array, and its product with the generated values of `name`.projection."""
    values = values.detach().double().numpy().ravel()
    along = generated.generate(f"{name}.projection", values.shape, -1.0, 1.0).astype(np.float64)
    return float(np.sqrt((values**2).sum())), float((values * along).sum())


def header(what):
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in ("timm", "torch"))
    return f"# Written by tools/goldens/make_training.py: {what}, {versions}"


def run(model, state, images, statistics, rate, dtype):
    """Losses of the steps, gradients of the first, and how far the running statistics moved; from `state`."""
    model.load_state_dict(state)
    model.to(dtype).train(statistics == "batch")
    images, labels = torch.from_numpy(images).to(dtype), torch.tensor(LABELS)
    optimizer = torch.optim.SGD(model.parameters(), lr=rate, momentum=MOMENTUM)
    losses, gradients = [], None
    for _ in range(STEPS):
        loss = functional.cross_entropy(model(images), labels, label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        gradients = gradients or {name: p.grad.clone() for name, p in model.named_parameters()}
        losses.append(loss.item())
        optimizer.step()
    moved = {name: (b.double() - state[name].double()) for name, b in model.named_buffers() if "running" in name}
    return losses, gradients, moved


def float32_errors(exact, rounded):
    """The largest relative errors of timm's own float32: losses, then gradients that are not mathematically zero."""
    losses = max(abs(a - b) / abs(a) for a, b in zip(exact[0], rounded[0], strict=True))
    whole = sum(float(g.norm()) ** 2 for g in exact[1].values()) ** 0.5
    big = [name for name, g in exact[1].items() if float(g.norm()) > 1e-6 * whole]
    return losses, max(float((exact[1][n] - rounded[1][n]).norm() / exact[1][n].norm()) for n in big), len(big)


def make_network(model, name, what, golden, rates=RATES):
    """Write training_NAME.txt of a model; `what` tells of it in the header."""
    images = generated.input_of(SHAPE)
    tensors = generated.fill_torch(model, images)
    state = {key: value.clone() for key, value in model.state_dict().items()}
    runs = {}
    for statistics, rate in rates.items():
        runs[statistics] = run(model, state, images, statistics, rate, torch.float64)
        errors = float32_errors(runs[statistics], run(model, state, images, statistics, rate, torch.float32))
        print(name, statistics, [f"{loss:.4f}" for loss in runs[statistics][0]], "float32 errors", errors, flush=True)

    def columns(*arrays):
        return " ".join(f"{value:.9g}" for array in arrays for value in array)

    lines = [header(f"{what}, {CLASSES} classes, float64")]
    lines += [f"input {'x'.join(map(str, SHAPE))}", f"labels {' '.join(map(str, LABELS))}"]
    for statistics, (losses, _, _) in runs.items():
        lines.append(f"losses {statistics} {rates[statistics]!r} {columns(losses)}")
    for key, shape, lo, hi in tensors:
        about = f"{key} {'x'.join(map(str, shape))} {lo!r} {hi!r}"
        if key in runs["batch"][2]:
            lines.append(f"statistic {about} {columns(projection(key, runs['batch'][2][key]))}")
        else:
            lines.append(f"parameter {about} {columns(*(projection(key, r[1][key]) for r in runs.values()))}")
    (golden / f"training_{name}.txt").write_text("\n".join(lines) + "\n")


def make_optimizer(rule):
    """Norms and projections of the tensors after each step."""
    parameters = {
        name: torch.from_numpy(generated.generate(name, shape, -1.0, 1.0)).double().requires_grad_()
        for name, shape in SHAPES.items()
    }
    groups = [
        {"params": [p for p in parameters.values() if p.dim() > 1], "weight_decay": DECAY},
        {"params": [p for p in parameters.values() if p.dim() < 2], "weight_decay": 0.0},
    ]
    if rule == "adamw":
        optimizer = torch.optim.AdamW(groups, lr=OPTIMIZER_RATE)
    elif rule == "rmsprop":
        optimizer = RMSpropTF(
            groups, lr=OPTIMIZER_RATE, alpha=0.9, eps=1e-3, momentum=MOMENTUM, decoupled_decay=True
        )
        for group, decay in zip(optimizer.param_groups, (DECAY, 0.0), strict=True):
            group["weight_decay"] = decay
    else:
        optimizer = torch.optim.SGD(parameters.values(), lr=OPTIMIZER_RATE, momentum=MOMENTUM)
    lines = []
    for step in range(OPTIMIZER_STEPS):
        for name, shape in SHAPES.items():
            late = name == LATE and step < LATE_STEPS
            gradient = generated.generate(f"{name}.gradient{step}", shape, -1.0, 1.0)
            parameters[name].grad = None if late else torch.from_numpy(gradient).double()
            if rule == "sgd" and len(shape) > 1 and not late:  # torch's own decay is not decoupled
                parameters[name].data.mul_(1 - OPTIMIZER_RATE * DECAY)
        optimizer.step()
        for name, p in parameters.items():
            lines.append(f"{rule} {step} {name} " + " ".join(f"{value:.9g}" for value in projection(name, p)))
    return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=pathlib.Path, default=ROOT / "tests/golden")
    golden = parser.parse_args().golden
    lines = [header("AdamW and SGD of torch.optim, RMSpropTF of timm, float64")]
    for rule in ("adamw", "sgd", "rmsprop"):
        lines += make_optimizer(rule)
    (golden / "training_optimizers.txt").write_text("\n".join(lines) + "\n")
    for name in MODELS:
        model = timm.create_model(name, num_classes=CLASSES, drop_rate=0.0, drop_path_rate=0.0)
        make_network(model, name, name, golden)


if __name__ == "__main__":
    main()
