"""The models that frond is compared with, built by the libraries that publish them."""

import dataclasses
import os

os.environ.setdefault("KERAS_BACKEND", "torch")

CLASSES = 10
ODD_SIZE = (97, 131)  # px, H x W: every stride of two meets an odd side somewhere


@dataclasses.dataclass(frozen=True)
class Entry:
    """A model to compare: library, the library's name, frond's name, side of its native input in px, file formats."""

    library: str
    model: str
    arch: str
    size: int
    formats: tuple
    small: bool = False  # has a committed golden

    @property
    def name(self):
        """The stem of its files."""
        return f"{self.library}_{self.model}".replace("-", "_")


ZIP, LEGACY, STRIDED, SAFE = "zip.pth", "legacy.pth", "channels_last.pth", "safetensors"
H5, KERAS, WEIGHTS = "h5", "keras", "weights.h5"
B_SIZES = (224, 240, 260, 300, 380, 456, 528, 600)
LITE_SIZES = (224, 240, 260, 300, 380)


def _timm(model, size, small=False, formats=(SAFE,)):
    return Entry("timm", model, model, size, formats, small)


def entries():
    """Every entry, the ones with a committed golden first."""

    def torchvision(b, small=False):
        return Entry("torchvision", f"efficientnet_b{b}", f"torchvision_efficientnet_b{b}", B_SIZES[b], (ZIP,), small)

    def keras(model, arch, size, small=False):
        return Entry("keras", model, arch, size, (H5, KERAS, WEIGHTS), small)

    def luke(b, small=False):
        return Entry("efficientnet_pytorch", f"efficientnet-b{b}", f"tf_efficientnet_b{b}", B_SIZES[b], (ZIP,), small)

    def lite(n, small=False):
        return Entry(
            "efficientnet_lite_pytorch", f"efficientnet-lite{n}", f"tf_efficientnet_lite{n}", LITE_SIZES[n], (ZIP,), small
        )

    rows = [
        _timm("efficientnet_b0", 224, True, (SAFE, ZIP, LEGACY, STRIDED)),
        _timm("efficientnet_b4", 380, True),
        _timm("tf_efficientnet_b0", 224, True),
        _timm("tf_efficientnet_b4", 380, True),
        _timm("efficientnet_lite0", 224, True),
        _timm("tf_efficientnet_lite0", 224, True),
        _timm("tf_efficientnet_lite4", 380, True),
        _timm("efficientnetv2_s", 384, True),
        _timm("tf_efficientnetv2_b0", 224, True),
        torchvision(0, True),
        torchvision(5, True),
        Entry("torchvision", "efficientnet_v2_s", "torchvision_efficientnetv2_s", 384, (ZIP,), True),
        luke(0, True),
        lite(0, True),
        keras("EfficientNetB0", "tf_efficientnet_b0", 224, True),
        keras("EfficientNetV2B0", "tf_efficientnetv2_b0", 224, True),
    ]
    rows += [_timm(f"efficientnet_b{b}", B_SIZES[b]) for b in (1, 2, 3, 5, 6, 7)]
    rows += [_timm(f"tf_efficientnet_b{b}", B_SIZES[b]) for b in (1, 2, 3, 5, 6, 7)]
    rows += [_timm(f"efficientnet_lite{n}", LITE_SIZES[n]) for n in (1, 2, 3, 4)]
    rows += [_timm(f"tf_efficientnet_lite{n}", LITE_SIZES[n]) for n in (1, 2, 3)]
    rows += [_timm("efficientnetv2_m", 480), _timm("tf_efficientnetv2_s", 384), _timm("tf_efficientnetv2_m", 480)]
    rows += [_timm(f"tf_efficientnetv2_b{b}", size) for b, size in ((1, 240), (2, 260), (3, 300))]
    rows += [torchvision(b) for b in (1, 2, 3, 4, 6, 7)]
    rows += [Entry("torchvision", "efficientnet_v2_m", "torchvision_efficientnetv2_m", 480, (ZIP,))]
    rows += [luke(b) for b in (1, 4, 5)] + [lite(n) for n in (1, 2, 3, 4)]
    rows += [keras("EfficientNetB1", "tf_efficientnet_b1", 240), keras("EfficientNetB4", "tf_efficientnet_b4", 380)]
    rows += [keras("EfficientNetV2S", "tf_efficientnetv2_s", 384)]
    return rows


def build_torch(library, model, classes=CLASSES):
    """A PyTorch model in eval mode with random weights."""
    if library == "timm":
        import timm

        return timm.create_model(model, num_classes=classes).eval()
    if library == "torchvision":
        import torchvision

        return torchvision.models.get_model(model, weights=None, num_classes=classes).eval()
    # Both ports fix "SAME" padding to the size the model was built for; image_size=None pads for the size at hand.
    if library == "efficientnet_pytorch":
        from efficientnet_pytorch import EfficientNet
    else:
        from efficientnet_lite_pytorch import EfficientNet
    return EfficientNet.from_name(model, num_classes=classes, image_size=None).eval()


def build_keras(model, height, width, classes=CLASSES):
    """A Keras model with random weights, for one input size, since B0 to B7 fix their padding to it."""
    import keras

    keras.backend.clear_session()  # names start from 0
    return getattr(keras.applications, model)(weights=None, classes=classes, input_shape=(height, width, 3))


def keras_network(model):
    """The part after Rescaling and Normalization, up to the logits: changes the classifier's activation to linear."""
    import keras

    model.get_layer("predictions").activation = keras.activations.linear
    first = next(layer for layer in model.layers if layer.name.startswith("stem_conv"))
    return keras.Model(first.input, model.output)


def build_tiny(norm_eps=1e-5, classes=5):
    """A timm EfficientNet of 4 blocks whose files are small enough to commit."""
    import functools

    import torch
    from timm.models._efficientnet_builder import decode_arch_def
    from timm.models.efficientnet import EfficientNet

    blocks = [["ds_r1_k3_s1_e1_c8_se0.25"], ["ir_r2_k5_s2_e4_c16_se0.25"], ["er_r1_k3_s2_e2_c24"]]
    norm = functools.partial(torch.nn.BatchNorm2d, eps=norm_eps)
    return EfficientNet(
        decode_arch_def(blocks), num_classes=classes, num_features=32, stem_size=8, act_layer=torch.nn.SiLU, norm_layer=norm
    ).eval()


def build_scaled(phi, alpha=1.2, beta=1.1, gamma=1.15, classes=CLASSES):
    """B0 under compound scaling, in timm; returns it with its resolution in px."""
    import functools

    import torch
    from timm.models._efficientnet_builder import decode_arch_def
    from timm.models.efficientnet import EfficientNet, round_channels

    blocks = [
        ["ds_r1_k3_s1_e1_c16_se0.25"],
        ["ir_r2_k3_s2_e6_c24_se0.25"],
        ["ir_r2_k5_s2_e6_c40_se0.25"],
        ["ir_r3_k3_s2_e6_c80_se0.25"],
        ["ir_r3_k5_s1_e6_c112_se0.25"],
        ["ir_r4_k5_s2_e6_c192_se0.25"],
        ["ir_r1_k3_s1_e6_c320_se0.25"],
    ]
    round_width = functools.partial(round_channels, multiplier=beta**phi)
    model = EfficientNet(
        decode_arch_def(blocks, depth_multiplier=alpha**phi),
        num_classes=classes,
        num_features=round_width(1280),
        stem_size=32,
        round_chs_fn=round_width,
        act_layer=torch.nn.SiLU,
    )
    return model.eval(), round(224 * gamma**phi)


def build_tiny_keras(classes=5):
    """A Keras EfficientNet of two stages whose files are small enough to commit."""
    import keras

    keras.backend.clear_session()
    stage = {"expand_ratio": 1, "id_skip": True, "se_ratio": 0.25}
    blocks = [
        {**stage, "kernel_size": 3, "repeats": 1, "filters_in": 32, "filters_out": 16, "strides": 1},
        {**stage, "kernel_size": 5, "repeats": 2, "filters_in": 16, "filters_out": 160, "strides": 2, "expand_ratio": 4},
    ]
    from keras.src.applications.efficientnet import EfficientNet

    return EfficientNet(0.1, 1.0, 33, blocks_args=blocks, weights=None, input_shape=(33, 45, 3), classes=classes, name="tiny")
