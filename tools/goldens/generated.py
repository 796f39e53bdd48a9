"""Tensors that a hash of their name generates, so that a golden file holds two bounds in place of the weights.

Element i (C order) of tensor `name` is lo + (hi - lo) * u, computed in double and rounded to float32, where
    z = fnv1a64(name) + i * 0x9E3779B97F4A7C15  (mod 2^64),  u = (splitmix64_finaliser(z) >> 40) / 2^24.
The bounds of convolutions and linear layers are calibrated: a first forward pass scales each so that its output has the root
mean square below, whatever the depth; batch norms and biases have fixed bounds.  Networks with squeeze-and-excite need small
residual branches and gates: with 1 for all, PyTorch's own float32 answer for B6 at 528 px was 0.6 of the largest logit away
from its float64 answer, and no implementation could be compared with it.
"""

import numpy as np

FNV_OFFSET, FNV_PRIME, MASK = 0xCBF29CE484222325, 0x100000001B3, (1 << 64) - 1
GOLDEN_RATIO = np.uint64(0x9E3779B97F4A7C15)
CHUNK = 1 << 20  # elements; bounds the memory of the intermediate results
RMS = {"classifier": 3.0, "gate": 0.3, "project": 0.5, "plain": 1.0}

# By the last part of a name, PyTorch's and Keras' terms.
BOUNDS = {
    "gamma": (0.7, 1.3),
    "beta": (-0.3, 0.3),
    "running_mean": (-0.2, 0.2),
    "moving_mean": (-0.2, 0.2),
    "running_var": (0.6, 1.4),
    "moving_variance": (0.6, 1.4),
    "bias": (-0.2, 0.2),
}
INPUT_BOUNDS = (-2.0, 2.0)


def fnv1a64(name):
    """The 64-bit FNV-1a hash of a name's UTF-8 bytes."""
    value = FNV_OFFSET
    for byte in name.encode():
        value = ((value ^ byte) * FNV_PRIME) & MASK
    return value


def generate(name, shape, lo, hi):
    """The float32 array that `name` generates between two bounds."""
    count = int(np.prod(shape, dtype=np.int64))
    out = np.empty(count, np.float32)
    seed = np.uint64(fnv1a64(name))
    for start in range(0, count, CHUNK):
        z = np.arange(start, min(start + CHUNK, count), dtype=np.uint64) * GOLDEN_RATIO + seed
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        out[start : start + len(z)] = lo + (hi - lo) * ((z >> np.uint64(40)) * 2.0**-24)
    return out.reshape(shape)


def input_of(shape):
    """The input tensor of a golden: NCHW."""
    return generate("input", shape, *INPUT_BOUNDS)


def limit_for(rms, unit_limit, target):
    """The symmetric bound, in four digits, that brings a layer from `rms` under `unit_limit` to `target`."""
    return float(f"{unit_limit * target / rms:.4g}")


def role_of(kernel_size, in_channels, out_channels, depthwise, has_bias, gated):
    """The key in RMS of a convolution; `gated` says whether the network has squeeze-and-excite."""
    if has_bias:
        return "gate"  # the only convolutions with a bias
    narrowing = kernel_size == 1 and not depthwise and out_channels < in_channels
    return "project" if gated and narrowing else "plain"


def _rms(array):
    return float((array.astype(np.float64) ** 2).mean() ** 0.5)


def fill_torch(model, images):
    """Fill a PyTorch model in place; returns [(name, shape, lo, hi)] in the order of its state_dict."""
    import torch
    from torch import nn

    bounds, hooks, state = {}, [], model.state_dict()
    kinds = (nn.modules.batchnorm._BatchNorm, nn.GroupNorm)
    norms = {name for name, module in model.named_modules() if isinstance(module, kinds)}
    gated = any(isinstance(module, nn.Conv2d) and module.bias is not None for module in model.modules())

    def assign(name, lo, hi):
        bounds[name] = (lo, hi)
        state[name].copy_(torch.from_numpy(generate(name, tuple(state[name].shape), lo, hi)))

    def torch_role(module):
        if isinstance(module, nn.Linear):
            return "classifier"
        depthwise = module.groups > 1
        return role_of(
            module.kernel_size[0], module.in_channels, module.out_channels, depthwise, module.bias is not None, gated
        )

    def calibrated(name, target):
        def hook(module, args, _):
            unit = (3.0 / module.weight[0].numel()) ** 0.5
            assign(f"{name}.weight", -unit, unit)
            limit = limit_for(_rms(type(module).forward(module, *args).numpy()), unit, target)
            assign(f"{name}.weight", -limit, limit)
            if module.bias is not None:
                assign(f"{name}.bias", *BOUNDS["bias"])
            return type(module).forward(module, *args)

        return hook

    with torch.no_grad():
        for name, tensor in state.items():
            owner, _, kind = name.rpartition(".")
            if owner in norms and tensor.is_floating_point():
                assign(name, *BOUNDS[{"weight": "gamma", "bias": "beta"}.get(kind, kind)])
        for name, module in model.named_modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                if module.bias is not None:
                    module.bias.zero_()
                hooks.append(module.register_forward_hook(calibrated(name, RMS[torch_role(module)])))
        model.eval()(torch.from_numpy(images))
        for hook in hooks:
            hook.remove()
    return [(name, tuple(tensor.shape), *bounds[name]) for name, tensor in state.items() if name in bounds]


def fill_keras(network, images):
    """Fill a Keras network in place; `images` are NHWC, normalised.  Returns [(path, shape, lo, hi)] in its weights' order."""
    import keras

    bounds = {}

    def assign(variable, lo, hi):
        bounds[variable.path] = (lo, hi)
        variable.assign(generate(variable.path, tuple(variable.shape), lo, hi))

    def keras_role(layer):
        if isinstance(layer, keras.layers.Dense):
            return "classifier"
        depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
        return role_of(layer.kernel_size[0], *layer.kernel.shape[2:], depthwise, layer.use_bias, gated=True)

    def calibrated(layer, call, target):
        def wrapper(x, *args, **kwargs):
            kernel = layer.kernel
            depthwise = isinstance(layer, keras.layers.DepthwiseConv2D)
            unit = (3.0 / np.prod(kernel.shape[:2] if depthwise else kernel.shape[:-1])) ** 0.5
            assign(kernel, -unit, unit)
            limit = limit_for(_rms(keras.ops.convert_to_numpy(linear_call(layer, call, x))), unit, target)
            assign(kernel, -limit, limit)
            if layer.use_bias:
                assign(layer.bias, *BOUNDS["bias"])
            return call(x, *args, **kwargs)

        return wrapper

    def linear_call(layer, call, x):
        activation, layer.activation = layer.activation, keras.activations.linear
        try:
            return call(x)
        finally:
            layer.activation = activation

    wrapped = []
    for layer in network.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            for variable in layer.weights:
                assign(variable, *BOUNDS[variable.path.rsplit("/", 1)[1]])
        elif hasattr(layer, "kernel"):
            if layer.use_bias:
                layer.bias.assign(np.zeros(layer.bias.shape, np.float32))
            wrapped.append((layer, layer.call))
            layer.call = calibrated(layer, layer.call, RMS[keras_role(layer)])
    network(images, training=False)
    for layer, call in wrapped:
        layer.call = call
    return [(v.path, tuple(v.shape), *bounds[v.path]) for v in network.weights if v.path in bounds]


def write_golden(path, header, tensors, input_shape, logits):
    """Write the small form of a golden: bounds of each tensor, shape of the input, logits of each row."""

    def dims(shape):
        return "x".join(map(str, shape))

    lines = [f"# Written by tools/goldens/make_goldens.py: {header}"]
    lines += [f"tensor {name} {dims(shape)} {lo!r} {hi!r}" for name, shape, lo, hi in tensors]
    lines += [f"input {dims(input_shape)}", f"logits {logits.shape[0]} {logits.shape[1]}"]
    lines += [" ".join(f"{value:.9g}" for value in row) for row in logits]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
