"""LitServe: python peer_litserve.py PORT, settings as peer_network says, and WORKERS and BATCH."""

import os
import sys

import litserve
import numpy
from fastapi import UploadFile

from peer_network import answer, session, tensor


class Classify(litserve.LitAPI):
    def setup(self, device):
        self.network = session()

    # A photo comes as a form's file: other bodies LitServe takes for JSON.
    def decode_request(self, request: UploadFile):
        return tensor(request.file.read())

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
