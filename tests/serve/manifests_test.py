#!/usr/bin/env python3
"""The files of deploy/ held to their schemas: manifests_test.py ROOT (tools/serve/setup has kubernetes-validate).

Kubernetes' own kinds whole. Knative's and KServe's schemas are in no package; what they take over from Kubernetes, the pod,
is checked as one.
"""

import pathlib
import sys

import kubernetes_validate
import yaml

VERSION = "1.31"


def pod(spec):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, "spec": spec}


def main():
    deploy = pathlib.Path(sys.argv[1]) / "deploy"
    checked = 0
    for file in sorted([*deploy.glob("kubernetes/*.yaml"), *deploy.glob("knative/*.yaml"), *deploy.glob("kserve/*.yaml")]):
        for document in yaml.safe_load_all(file.read_text()):
            of = document["apiVersion"].split("/")[0]
            if of == "serving.knative.dev":
                template = dict(document["spec"]["template"]["spec"])
                for knatives in ("containerConcurrency", "timeoutSeconds"):
                    template.pop(knatives)
                document = pod(template)
            elif document["kind"] == "ServingRuntime":
                document = pod({key: document["spec"][key] for key in ("containers", "volumes")})
            elif document["kind"] == "InferenceService":
                assert document["spec"]["predictor"]["model"]["runtime"] == "frond"
                continue
            kubernetes_validate.validate(document, VERSION, strict=True)
            checked += 1
    assert checked >= 6, checked
    print(f"{checked} documents")


if __name__ == "__main__":
    main()
