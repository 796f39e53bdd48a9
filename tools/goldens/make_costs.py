#!/usr/bin/env python3
"""Writes tests/golden/costs.txt: parameters and MACs of timm's EfficientNets, counted by a forward hook.

Usage:  make_costs.py tests/golden/costs.txt
"""

import sys

import timm
import torch

NAMES = (
    [f"efficientnet_b{i}" for i in range(9)]
    + ["efficientnet_l2"]
    + [f"efficientnet_lite{i}" for i in range(5)]
    + [f"efficientnetv2_{x}" for x in ("s", "m", "l", "xl")]
    + [f"tf_efficientnet_{x}" for x in ("b0", "b4", "lite0", "lite4")]
    + [f"tf_efficientnetv2_{x}" for x in ("b0", "b1", "b2", "b3", "s")]
)


def cost(name):
    """(input side, parameters, MACs) of one image at timm's default input size.  No weights are allocated."""
    with torch.device("meta"):
        model = timm.create_model(name).eval()
    macs = 0

    def count(module, inputs, output):
        nonlocal macs
        if isinstance(module, torch.nn.Linear):
            macs += module.in_features * module.out_features
        else:
            macs += output.numel() * module.weight[0].numel()

    for module in model.modules():
        if isinstance(module, (torch.nn.Conv2d, torch.nn.Linear)):
            module.register_forward_hook(count)
    side = model.default_cfg["input_size"][1]
    model(torch.zeros(1, 3, side, side, device="meta"))
    return side, sum(p.numel() for p in model.parameters()), macs


with open(sys.argv[1], "w") as out:
    print(
        "# Written by tools/goldens/make_costs.py with timm",
        timm.__version__ + ": model, input side in px, parameters, MACs",
        file=out,
    )
    for name in NAMES:
        print(name, *cost(name), file=out)
