"""The same network behind ONNX Runtime, in the servers that people write in Python. Settings by environment variables:
MODEL an ONNX file, THREADS of ONNX Runtime's for a run.

    uvicorn peers:app --workers N        FastAPI
    python peers.py PORT                 LitServe
"""

import io
import os
import sys

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


if __name__ != "__main__":
    from fastapi import FastAPI, Request
    from starlette.concurrency import run_in_threadpool

    app = FastAPI()
    network = session()

    def classify_photo(photo):
        return answer(network.run(None, {"input": tensor(photo)[None]})[0][0])

    @app.post("/v1/classify")
    async def classify(request: Request):
        return await run_in_threadpool(classify_photo, await request.body())

    @app.get("/v2/health/ready")
    async def ready():
        return {"ready": True}
else:
    import litserve
    from fastapi import Request

    class Classify(litserve.LitAPI):
        def setup(self, device):
            self.network = session()

        async def decode_request(self, request: Request):
            return tensor(await request.body())

        def batch(self, inputs):
            return numpy.stack(inputs)

        def predict(self, x):
            return self.network.run(None, {"input": x if x.ndim == 4 else x[None]})[0]

        def unbatch(self, output):
            return list(output)

        def encode_response(self, logits):
            return answer(logits.reshape(-1))

    if __name__ == "__main__":
        api = Classify(max_batch_size=int(os.environ.get("BATCH", "8")), batch_timeout=0.002, api_path="/v1/classify")
        server = litserve.LitServer(api, accelerator="cpu", workers_per_device=int(os.environ.get("WORKERS", "1")),
                                    healthcheck_path="/v2/health/ready")
        server.run(port=int(sys.argv[1]), generate_client_file=False, log_level="warning")
