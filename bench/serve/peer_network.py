"""The network of the environment variable MODEL, an ONNX file, on THREADS of ONNX Runtime's threads; what the peers share."""

import io
import os

import numpy
import onnxruntime
from PIL import Image

SIDE, TOP = 224, 5
MEAN = numpy.array([0.485, 0.456, 0.406], numpy.float32)
DEVIATION = numpy.array([0.229, 0.224, 0.225], numpy.float32)


def session():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = int(os.environ["THREADS"])
    return onnxruntime.InferenceSession(os.environ["MODEL"], options, providers=["CPUExecutionProvider"])


def tensor(photo):
    """As timm's and frond's preprocessing: shorter side to 256, bicubic, the middle cropped; a JPEG decoded as a draft."""
    image = Image.open(io.BytesIO(photo))
    image.draft("RGB", (256, 256))
    image = image.convert("RGB")
    scale = 256 / min(image.size)
    image = image.resize([round(side * scale) for side in image.size], Image.BICUBIC)
    left, top = ((side - SIDE) // 2 for side in image.size)
    pixels = numpy.asarray(image.crop((left, top, left + SIDE, top + SIDE)), numpy.float32) / 255
    return ((pixels - MEAN) / DEVIATION).transpose(2, 0, 1)


def answer(logits):
    scores = numpy.exp(logits - logits.max())
    scores /= scores.sum()
    best = numpy.argsort(-scores)[:TOP]
    return {"results": [{"labels": [{"index": int(i), "score": float(scores[i])} for i in best]}]}
