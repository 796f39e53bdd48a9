#!/usr/bin/env python3
"""Networks for bench/serve/bench.py, as ONNX and as weights: make_models.py OUT (tools/goldens/setup has timm and torch).

OUT/{lite0,b0}.onnx take batches of any size; OUT/{lite0,b0}.safetensors are the same weights, for `frond import`. They
are random, with batch-norm statistics of random images: what a request costs does not depend on them.
"""

import pathlib
import sys

import timm
import torch
from safetensors.torch import save_file


def main():
    out = pathlib.Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    for name, arch in (("lite0", "tf_efficientnet_lite0"), ("b0", "efficientnet_b0")):
        torch.manual_seed(0)
        model = timm.create_model(arch, exportable=True)
        images = torch.randn(8, 3, 224, 224)
        for module in model.modules():
            if isinstance(module, torch.nn.BatchNorm2d):
                module.momentum = 1.0
        with torch.no_grad():
            model.train()(images)
        model.eval()
        torch.onnx.export(model, images[:1], str(out / f"{name}.onnx"), input_names=["input"], output_names=["logits"],
                          dynamic_axes={"input": {0: "N"}, "logits": {0: "N"}}, dynamo=False)
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, out / f"{name}.safetensors")


if __name__ == "__main__":
    main()
