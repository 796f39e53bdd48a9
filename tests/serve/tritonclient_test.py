#!/usr/bin/env python3
"""tritonclient, unchanged, beside `frond run`: tritonclient_test.py FROND MODEL (tools/serve/setup has the client)."""

import pathlib
import subprocess
import sys
import tempfile

import numpy
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

from service import Service


def logits_of(frond, model, images):
    """What `frond run` answers."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(pathlib.Path(folder) / name) for name in ("x.npy", "y.npy"))
        numpy.save(source, images)
        subprocess.run([frond, "run", model, "--input", source, "--output", target], check=True, stdout=subprocess.DEVNULL)
        return numpy.load(target)


def main():
    frond, model = sys.argv[1:]
    with Service(frond, model, "--name", "leaf") as service:
        client = http.InferenceServerClient(service.address)
        assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("leaf", "1")
        assert client.get_server_metadata()["name"] == "frond"
        metadata = client.get_model_metadata("leaf")
        (given,), (answered,) = metadata["inputs"], metadata["outputs"]
        assert given["datatype"] == answered["datatype"] == "FP32", metadata
        for count in (1, 3):
            images = numpy.random.default_rng(count).normal(size=(count, *given["shape"][1:])).astype(numpy.float32)
            expected = logits_of(frond, model, images)
            for binary_in in (False, True):
                for binary_out in (False, True):
                    tensor = http.InferInput(given["name"], list(images.shape), "FP32")
                    tensor.set_data_from_numpy(images, binary_data=binary_in)
                    output = http.InferRequestedOutput(answered["name"], binary_data=binary_out)
                    result = client.infer("leaf", [tensor], outputs=[output], request_id="7")
                    numpy.testing.assert_allclose(result.as_numpy(answered["name"]), expected, rtol=1e-5, atol=1e-5)
                    assert result.get_response()["id"] == "7"
            # Without outputs the client asks for binary ones.
            numpy.testing.assert_allclose(client.infer("leaf", [tensor]).as_numpy(answered["name"]), expected, rtol=1e-5, atol=1e-5)
        for name, version in (("absent", ""), ("leaf", "2")):
            assert not client.is_model_ready(name, version)
            try:
                client.infer(name, [tensor], model_version=version)
                raise AssertionError(f"{name} {version} answered")
            except InferenceServerException as error:
                assert "no such" in str(error), error
        client.close()
    assert service.status == 0, service.status
    print("tritonclient: all as frond run")


if __name__ == "__main__":
    main()
