#!/usr/bin/env python3
"""Serves a model and asks it for one photo, over HTTP: serve.py FROND MODEL PHOTO. Goes on serving on a terminal."""

import json
import pathlib
import subprocess
import sys
import urllib.request

PORT = 8080


def start(frond, model, port):
    service = subprocess.Popen([frond, "serve", model, "--name", "produce", "--port", str(port), "--json"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:  # a line with the address, or a document that says why there is none
        return service, json.loads(service.stdout.readline()).get("url")
    except json.JSONDecodeError:
        return service, None


def main():
    frond, model, photo = sys.argv[1:]
    service, url = start(frond, model, PORT)
    if url is None:  # something else listens there
        service.wait()
        service, url = start(frond, model, 0)
    if url is None:
        sys.exit(f"demo: frond serve ended with {service.wait()}")
    print(f"$ frond serve {model} --name produce\n$ curl --data-binary @{photo} '{url}/v1/classify?top=2'", flush=True)
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/v1/classify?top=2", pathlib.Path(photo).read_bytes())) as answer:
            print(answer.read().decode(), flush=True)
        if sys.stdout.isatty():
            print(f"serving at {url} until Ctrl-C")
            service.wait()
    except KeyboardInterrupt:
        pass
    finally:
        service.terminate()
        if service.wait() != 0:
            sys.exit("demo: frond serve did not end well")


if __name__ == "__main__":
    main()
