#!/usr/bin/env python3
"""tritonclient, unchanged, over HTTP and gRPC beside `frond run`: tritonclient_test.py FROND MODEL (tools/serve/setup has
the client)."""

import pathlib
import subprocess
import sys
import tempfile

import numpy
import tritonclient.grpc as grpc
import tritonclient.http as http
from tritonclient.utils import InferenceServerException

from service import Service
from tls_test import certificate


def logits_of(frond, model, images):
    """What `frond run` answers."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = (str(pathlib.Path(folder) / name) for name in ("x.npy", "y.npy"))
        numpy.save(source, images)
        subprocess.run([frond, "run", model, "--input", source, "--output", target], check=True, stdout=subprocess.DEVNULL)
        return numpy.load(target)


def check(api, client, frond, model, forms):
    """What one of tritonclient's two modules gets; `forms` are keywords of tensors in and out."""
    assert client.is_server_live() and client.is_server_ready() and client.is_model_ready("leaf", "1")
    as_json = {"as_json": True} if api is grpc else {}
    assert client.get_server_metadata(**as_json)["name"] == "frond"
    metadata = client.get_model_metadata("leaf", **as_json)
    assert metadata["versions"] == ["1"], metadata
    (given,), (answered,) = metadata["inputs"], metadata["outputs"]
    assert given["datatype"] == answered["datatype"] == "FP32", metadata
    shape = [int(extent) for extent in given["shape"]]
    for count in (1, 3):
        images = numpy.random.default_rng(count).normal(size=(count, *shape[1:])).astype(numpy.float32)
        expected = logits_of(frond, model, images)
        for given_form, answered_form in forms:
            tensor = api.InferInput(given["name"], list(images.shape), "FP32")
            tensor.set_data_from_numpy(images, **given_form)
            output = api.InferRequestedOutput(answered["name"], **answered_form)
            for outputs in ([output], None):
                result = client.infer("leaf", [tensor], outputs=outputs, request_id="7")
                numpy.testing.assert_allclose(result.as_numpy(answered["name"]), expected, rtol=1e-5, atol=1e-5)
    if api is http:
        assert client.get_model_repository_index() == [{"name": "leaf", "version": "1", "state": "READY"}]
        client.load_model("leaf")
    for name, version in (("absent", ""), ("leaf", "2")):
        assert not client.is_model_ready(name, version)
        try:
            client.infer(name, [tensor], model_version=version)
            raise AssertionError(f"{name} {version} answered")
        except InferenceServerException as error:
            assert "no such" in str(error), error
    wrong = api.InferInput(given["name"], [1, 3, 5, 5], "FP32")
    wrong.set_data_from_numpy(numpy.zeros((1, 3, 5, 5), numpy.float32))
    try:
        client.infer("leaf", [wrong])
        raise AssertionError("5 x 5 pixels answered")
    except InferenceServerException as error:
        assert "shape must be" in str(error), error
    client.close()


def main():
    frond, model = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        token = pathlib.Path(folder) / "token"
        token.write_text("secret")
        with Service(frond, model, "--name", "leaf", "--grpc-port", "0", "--model-control") as service:
            binary = [({"binary_data": given}, {"binary_data": answered}) for given in (False, True) for answered in (False, True)]
            check(http, http.InferenceServerClient(service.address), frond, model, binary)
            check(grpc, grpc.InferenceServerClient(service.grpc_address), frond, model, [({}, {})])
        assert service.status == 0, service.status
        with Service(frond, model, "--token-file", token, "--grpc-port", "0") as service:
            client = grpc.InferenceServerClient(service.grpc_address)
            assert client.is_server_ready()
            for headers in (None, {"authorization": "Bearer wrong"}):
                try:
                    client.get_server_metadata(headers=headers)
                    raise AssertionError("told without the token")
                except InferenceServerException as error:
                    assert "token" in str(error), error
            client.get_server_metadata(headers={"authorization": "Bearer secret"})
            client.close()
        for name, authority in (("authority", None), ("server", "authority"), ("client", "authority")):
            certificate(folder, name, authority)
        with Service(frond, model, "--grpc-port", "0", "--tls-cert", f"{folder}/server.pem", "--tls-key", f"{folder}/server.key",
                     "--tls-client-ca", f"{folder}/authority.pem") as service:
            shown = {"private_key": f"{folder}/client.key", "certificate_chain": f"{folder}/client.pem"}
            for certificates in (shown, {}):
                client = grpc.InferenceServerClient(service.grpc_address, ssl=True, root_certificates=f"{folder}/authority.pem",
                                                    **certificates)
                try:
                    assert client.is_server_ready()
                    answered = True
                except InferenceServerException:
                    answered = False
                assert answered == bool(certificates)
                client.close()
    print("tritonclient: all as frond run")


if __name__ == "__main__":
    main()
