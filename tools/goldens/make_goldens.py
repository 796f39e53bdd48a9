#!/usr/bin/env python3
"""Write the goldens: the answers of timm, torchvision, efficientnet_pytorch, efficientnet_lite_pytorch and Keras.

    tools/goldens/setup && build/goldens/venv/bin/python tools/goldens/make_goldens.py

Small goldens (bounds of hash-generated weights, logits) and tiny model files go to tests/golden and are committed; whole model
files with inputs and logits as .npy go to --out for compare.py.  Weights are generated as generated.py says.
"""

import argparse
import collections
import importlib.metadata
import json
import pathlib
import shutil

import generated
import libraries
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
ODD_SHAPE = (3, 3, *libraries.ODD_SIZE)
TINY_SHAPE = (2, 3, 33, 45)
PHIS = (0.5, 1, 1.7)
MAX_SIDE = 384  # px; B5 to B7 and V2-M are not run at their native size: minutes in float64, and ill-conditioned
MAX_FLOAT32_ERROR = 2e-5  # a fifth of compare.py's tolerance
PACKAGES = {
    "timm": "timm",
    "torchvision": "torchvision",
    "keras": "keras",
    "efficientnet_pytorch": "efficientnet-pytorch",
    "efficientnet_lite_pytorch": "efficientnet-lite-pytorch",
}


def version_of(library):
    """A library's name and version, for headers and meta.json."""
    return f"{library} {importlib.metadata.version(PACKAGES[library])}"


def torch_logits(model, images):
    """The logits of NCHW images."""
    import torch

    with torch.inference_mode():
        return model(torch.from_numpy(images)).numpy()


def keras_logits(network, images):
    """The logits of NCHW images, normalised already."""
    import keras

    nhwc = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
    return keras.ops.convert_to_numpy(network(nhwc, training=False))


def float32_error(model, images, logits):
    """How far the library's float32 logits are from its float64 ones, relative to the largest: the floor of any tolerance."""
    import torch

    with torch.inference_mode():
        exact = model.double()(torch.from_numpy(images).double()).numpy()
    model.float()
    return float(np.abs(logits - exact).max() / np.abs(exact).max())


def save_torch(state, path, file_format):
    """Save a state_dict under one of libraries' file formats."""
    import torch
    from safetensors.torch import save_file

    if file_format == libraries.SAFE:
        save_file(state, path)
    elif file_format == libraries.STRIDED:

        def strided(t):
            return t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t

        torch.save(collections.OrderedDict((name, strided(tensor)) for name, tensor in state.items()), path)
    else:
        torch.save(state, path, _use_new_zipfile_serialization=file_format != libraries.LEGACY)


def make_torch(entry, native):
    """Tensors, {input name: (images, logits)}, {input name: float32_error} and a function that saves under (path, format)."""
    model = libraries.build_torch(entry.library, entry.model)
    odd = generated.input_of(ODD_SHAPE)
    tensors = generated.fill_torch(model, odd)
    runs = {"odd": (odd, torch_logits(model, odd))}
    if native:
        side = min(entry.size, MAX_SIDE)
        images = generated.input_of((1, 3, side, side))
        runs["large"] = (images, torch_logits(model, images))
    errors = {name: float32_error(model, *run) for name, run in runs.items()}
    return tensors, runs, errors, lambda path, file_format: save_torch(model.state_dict(), path, file_format)


def make_keras(entry, native):
    """As make_torch."""
    import keras

    odd = generated.input_of(ODD_SHAPE)
    network = libraries.keras_network(libraries.build_keras(entry.model, *libraries.ODD_SIZE))
    tensors = generated.fill_keras(network, np.ascontiguousarray(odd.transpose(0, 2, 3, 1)))
    runs = {"odd": (odd, keras_logits(network, odd))}
    if not native:
        return tensors, runs, {}, None
    model = libraries.build_keras(entry.model, entry.size, entry.size)
    native_network = libraries.keras_network(model)
    native_network.set_weights(network.get_weights())
    images = generated.input_of((1, 3, entry.size, entry.size))
    runs["large"] = (images, keras_logits(native_network, images))
    for layer in model.layers:  # B0 to B7 carry the statistics as weights
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            layer.weights[0].assign(np.float32([0.485, 0.456, 0.406]))
            layer.weights[1].assign(np.float32([0.229, 0.224, 0.225]) ** 2)
    model.get_layer("predictions").activation = keras.activations.softmax

    def save(path, file_format):
        model.save_weights(path) if file_format == libraries.WEIGHTS else model.save(path)

    return tensors, runs, {}, save


def report(name, logits):
    """Print how large the logits are and how much they differ between images, which must not be tiny."""
    spread = float(logits.std(axis=0).mean()) if len(logits) > 1 else 0.0
    print(f"{name}: max |logit| {np.abs(logits).max():.3g}, spread between images {spread:.3g}", flush=True)


def make_entry(entry, golden, out):
    """Write the small golden of an entry if it has one, and its full form into `out` unless that is None."""
    make = make_keras if entry.library == "keras" else make_torch
    tensors, runs, errors, save = make(entry, native=out is not None)
    odd, logits = runs["odd"]
    report(entry.name, logits)
    for name, error in errors.items():
        if error > MAX_FLOAT32_ERROR:
            print(
                f"WARNING {entry.name} {name}: the library's own float32 error is {error:.1e}, too much to compare with",
                flush=True,
            )
    if entry.small:
        header = f"{version_of(entry.library)}, {entry.model}, {libraries.CLASSES} classes, frond's {entry.arch}"
        generated.write_golden(golden / f"{entry.name}.txt", header, tensors, odd.shape, logits)
    if out is None:
        return
    folder = out / entry.name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, (images, answer) in runs.items():
        np.save(folder / f"{name}.input.npy", images)
        np.save(folder / f"{name}.logits.npy", answer)
    files = [f"model.{file_format}" for file_format in entry.formats]
    for name, file_format in zip(files, entry.formats, strict=False):
        save(str(folder / name), file_format)
    meta = {
        "library": version_of(entry.library),
        "model": entry.model,
        "arch": entry.arch,
        "files": files,
        "inputs": list(runs),
        "float32_error": errors,
    }
    (folder / "meta.json").write_text(json.dumps(meta, indent=2) + "\n")


def make_scaled(golden):
    """B0 under compound scaling."""
    for phi in PHIS:
        model, resolution = libraries.build_scaled(phi)
        images = generated.input_of(ODD_SHAPE)
        tensors = generated.fill_torch(model, images)
        logits = torch_logits(model, images)
        name = f"timm_efficientnet_b0_phi{phi}"
        report(name, logits)
        header = f"{version_of('timm')}, B0 scaled by phi {phi}, resolution {resolution}, {libraries.CLASSES} classes"
        generated.write_golden(golden / f"{name}.txt", header, tensors, images.shape, logits)


def tiny_spec():
    """frond's JSON spec of libraries.build_tiny."""

    fields = ("kind", "kernel", "stride", "expand_ratio", "channels", "layers", "se_ratio")

    def stage(*values):
        return dict(zip(fields, values, strict=True))

    return {
        "name": "tiny",
        "stem_channels": 8,
        "stages": [
            stage("mbconv", 3, 1, 1, 8, 1, 0.25),
            stage("mbconv", 5, 2, 4, 16, 2, 0.25),
            stage("fused_mbconv", 3, 2, 2, 24, 1, 0.0),
        ],
        "head_channels": 32,
        "num_classes": 5,
        "activation": "swish",
        "padding": "symmetric",
        "bn_epsilon": 1e-5,
    }


def make_tiny(folder):
    """A network of four blocks in every file format that PyTorch users have, with the logits of each precision."""
    import torch
    from safetensors.torch import save_file

    images = generated.input_of(TINY_SHAPE)
    model = libraries.build_tiny()
    tensors = generated.fill_torch(model, images)
    state = collections.OrderedDict(model.state_dict())
    folder.mkdir(parents=True, exist_ok=True)

    def write(stem, precision):
        logits = torch_logits(model, images)
        report(stem, logits)
        generated.write_golden(
            folder / f"{stem}.txt", f"{version_of('timm')}, spec.json, 5 classes, {precision}", tensors, images.shape, logits
        )

    write("tiny", "float32")
    (folder / "spec.json").write_text(json.dumps(tiny_spec(), indent=2) + "\n")
    save_file(state, folder / "tiny.safetensors")
    for stem, file_format in (("zip", libraries.ZIP), ("legacy", libraries.LEGACY), ("channels_last", libraries.STRIDED)):
        save_torch(state, folder / f"tiny_{stem}.pth", file_format)
    torch.save(
        {"epoch": 3, "arch": "tiny", "state_dict": state, "optimizer": {"lr": 0.1, "groups": [1, 2]}, "best": None},
        folder / "tiny_checkpoint.pth",
    )
    torch.save({"state_dict": {f"module.{name}": tensor for name, tensor in state.items()}}, folder / "tiny_ddp.pth")
    torch.save(model, folder / "tiny_whole_module.pth")
    for stem, dtype in (("bf16", torch.bfloat16), ("fp16", torch.float16)):
        half = {name: tensor.to(dtype) if tensor.is_floating_point() else tensor for name, tensor in state.items()}
        save_file(half, folder / f"tiny_{stem}.safetensors")
        torch.save(half, folder / f"tiny_{stem}.pth")
        model.load_state_dict({name: tensor.float() if tensor.is_floating_point() else tensor for name, tensor in half.items()})
        write(f"tiny_{stem}", f"tensors rounded to {stem}")


def make_tiny_keras(folder):
    """A Keras network of three blocks in Keras' three file formats."""
    import keras

    model = libraries.build_tiny_keras()
    network = libraries.keras_network(model)
    images = generated.input_of(TINY_SHAPE)
    tensors = generated.fill_keras(network, np.ascontiguousarray(images.transpose(0, 2, 3, 1)))
    logits = keras_logits(network, images)
    report("tiny_keras", logits)
    model.get_layer("predictions").activation = keras.activations.softmax
    folder.mkdir(parents=True, exist_ok=True)
    model.save(folder / "tiny_keras.h5")
    model.save(folder / "tiny_keras.keras")
    model.save_weights(folder / "tiny_keras.weights.h5")
    generated.write_golden(
        folder / "tiny_keras.txt", f"{version_of('keras')}, keras_spec.json, 5 classes", tensors, images.shape, logits
    )
    spec = tiny_spec() | {"name": "tiny_keras", "head_channels": 128, "padding": "same", "bn_epsilon": 1e-3}
    spec["stages"] = [spec["stages"][0], spec["stages"][1]]
    (folder / "keras_spec.json").write_text(json.dumps(spec, indent=2) + "\n")


def main():
    """Parse the command line and make what it names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/goldens/full", help="folder of the full forms")
    parser.add_argument("--golden", type=pathlib.Path, default=ROOT / "tests/golden", help="folder of the small forms")
    parser.add_argument("--only", default="", help="only what has this in its name, such as timm_tf_ or tiny or phi")
    parser.add_argument("--full", action="store_true", help="also the models without a small form (about 4 GB)")
    parser.add_argument("--small", action="store_true", help="no full forms")
    parser.add_argument("--missing", action="store_true", help="skip full forms that exist")
    args = parser.parse_args()
    import torch

    torch.set_num_threads(2)
    for entry in libraries.entries():
        if args.only not in entry.name or not (entry.small or args.full):
            continue
        if args.missing and (args.out / entry.name / "meta.json").exists():
            continue
        make_entry(entry, args.golden, None if args.small else args.out)
    if args.only in "timm_efficientnet_b0_phi":
        make_scaled(args.golden)
    if args.only in "tiny":
        make_tiny(args.golden / "tiny")
    if args.only in "tiny_keras":
        make_tiny_keras(args.golden / "tiny")


if __name__ == "__main__":
    main()
