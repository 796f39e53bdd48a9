#!/usr/bin/env python3
"""The files of deploy/ held to their schemas: manifests_test.py ROOT (tools/serve/setup has what it needs, and go gets the
operators' modules).

Kubernetes' own kinds by kubernetes-validate; those of Knative, KServe and Kubeflow by the definitions (CRDs) in their
operators' modules, which the digests below pin. A field that a schema does not name is an error, as for `kubectl
--validate=strict`.
"""

import hashlib
import json
import os
import pathlib
import subprocess
import sys

import jsonschema
import kubernetes_validate
import yaml

KUBERNETES = "1.31"
KSERVE = "github.com/kserve/kserve@v0.13.0"
# apiVersion and kind: module, file in it, its SHA-256
DEFINITIONS = {
    "serving.knative.dev/v1 Service": (
        "knative.dev/serving@v0.40.0", "config/core/300-resources/service.yaml",
        "9512b68e7b08c68297e4cfcb99edd852a7358f845848e7f72e2642d2d12a36f1"),
    "serving.kserve.io/v1alpha1 ServingRuntime": (
        KSERVE, "config/crd/full/serving.kserve.io_servingruntimes.yaml",
        "bbe86e84af28c63a8ba2402f5b884771cd202e923cf82b049c8d7d39b50b0ffa"),
    "serving.kserve.io/v1beta1 InferenceService": (
        KSERVE, "config/crd/full/serving.kserve.io_inferenceservices.yaml",
        "c96a0c797e09c1d41f905ff022e9c34c4ff3d2215abdaeee4f4aadbf68fc622e"),
    "kubeflow.org/v1 PyTorchJob": (
        "github.com/kubeflow/training-operator@v1.8.1", "manifests/base/crds/kubeflow.org_pytorchjobs.yaml",
        "2e38887fa7c47f01c4a13548feeb179d1e26b98f2eb3eb755b8ac64ac9084036"),
    "trainer.kubeflow.org/v1alpha1 TrainJob": (
        "github.com/kubeflow/trainer/v2@v2.1.0", "manifests/base/crds/trainer.kubeflow.org_trainjobs.yaml",
        "65ea8f95f298103275e00b690bda5e090355f7eb5d6e4d15236b557f088b8078"),
}


def definition(kind, cache):
    """The schema of a kind, as its operator has it."""
    module, path, digest = DEFINITIONS[kind]
    environment = {**os.environ, "GOMODCACHE": str(cache), "GOFLAGS": "-modcacherw"}
    done = subprocess.run(["go", "mod", "download", "-json", module], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr + done.stdout
    content = (pathlib.Path(json.loads(done.stdout)["Dir"]) / path).read_bytes()
    assert hashlib.sha256(content).hexdigest() == digest, f"{module}/{path} is another file"
    version = kind.split(" ")[0].split("/")[1]
    [schema] = [v["schema"]["openAPIV3Schema"] for v in yaml.safe_load(content)["spec"]["versions"] if v["name"] == version]
    return strict(schema)


def strict(schema):
    """Kubernetes' dialect as JSON Schema that allows no other fields than those it names."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
        made["type"] = ["integer", "string"]
    named = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if named and "additionalProperties" not in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        # A whole object says no more of its metadata than that it is an object.
        made["additionalProperties"] = False
    return made


def main():
    root = pathlib.Path(sys.argv[1])
    deploy = root / "deploy"
    cache = root.resolve() / "build" / "cache" / "go"
    checked = set()
    for file in sorted(deploy.glob("*/*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            kind = f"{document['apiVersion']} {document['kind']}"
            checked.add(kind)
            if kind in DEFINITIONS:
                schema = definition(kind, cache)
                jsonschema.Draft7Validator(schema).validate(document)
                # The schema can fail.
                broken = {**document, "spec": {**document["spec"], "notAField": 1}}
                assert not jsonschema.Draft7Validator(schema).is_valid(broken), kind
            else:
                kubernetes_validate.validate(document, KUBERNETES, strict=True)
    assert checked >= {*DEFINITIONS, "apps/v1 Deployment", "autoscaling/v2 HorizontalPodAutoscaler"}, checked
    print(f"{len(checked)} kinds")


if __name__ == "__main__":
    main()
