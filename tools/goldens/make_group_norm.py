#!/usr/bin/env python3
"""Write tests/golden/group_norm_*.txt and training_group_norm_*.txt: timm's networks with torch.nn.GroupNorm in place of the
batch norms from some block on and of the head's, as include/frond/spec.h says of `group_norm`.

    tools/goldens/setup && build/goldens/venv/bin/python tools/goldens/make_group_norm.py
"""

import argparse
import importlib.metadata
import pathlib

import generated
import make_training
import timm
import torch

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Name, channels a group, first block: groups that divide all channels, and groups that do not, from the first block on.
MODELS = (("efficientnet_b0", 8, 5), ("tf_efficientnet_lite0", 12, 0))
RATES = {"frozen": 1e-4, "batch": 1e-3}  # at which the loss falls
CLASSES, SHAPE = make_training.CLASSES, (3, 3, 97, 131)


class GroupNormThen(torch.nn.GroupNorm):
    """GroupNorm and the activation that timm keeps in its batch norm."""

    def __init__(self, norm, channels_per_group):
        channels = norm.num_features
        size = max(s for s in range(1, channels_per_group + 1) if channels % s == 0)
        super().__init__(channels // size, channels, eps=norm.eps)
        self.act = norm.act

    def forward(self, x):
        return self.act(super().forward(x))


def with_group_norms(name, channels_per_group, from_block):
    """timm's network with its norms replaced."""
    model = timm.create_model(name, num_classes=CLASSES, drop_rate=0.0, drop_path_rate=0.0)
    blocks = [block for stage in model.blocks for block in stage]
    for block in blocks[from_block:]:
        for child, module in list(block.named_children()):
            if isinstance(module, torch.nn.BatchNorm2d):
                setattr(block, child, GroupNormThen(module, channels_per_group))
    model.bn2 = GroupNormThen(model.bn2, channels_per_group)
    return model


def make_logits(model, name, what, golden):
    """The logits of photos of odd sides; float64, since in float32 PyTorch itself is up to 1e-5 off."""
    images = generated.input_of(SHAPE)
    tensors = generated.fill_torch(model, images)
    with torch.inference_mode():
        logits = model.double()(torch.from_numpy(images).double()).numpy()
        rounded = model.float()(torch.from_numpy(images)).numpy()
    print(name, "float32 error", abs(logits - rounded).max() / abs(logits).max())
    versions = ", ".join(f"{package} {importlib.metadata.version(package)}" for package in ("timm", "torch"))
    generated.write_golden(golden / f"group_norm_{name}.txt", f"{what}, {versions}", tensors, SHAPE, logits)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--golden", type=pathlib.Path, default=ROOT / "tests/golden")
    golden = parser.parse_args().golden
    for name, channels_per_group, from_block in MODELS:
        what = f"{name} with groups of {channels_per_group} channels from block {from_block} on"
        make_logits(with_group_norms(name, channels_per_group, from_block), name, what, golden)
        model = with_group_norms(name, channels_per_group, from_block)
        make_training.make_network(model, f"group_norm_{name}", what, golden, RATES)


if __name__ == "__main__":
    main()
