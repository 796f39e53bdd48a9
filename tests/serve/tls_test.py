#!/usr/bin/env python3
"""TLS, and clients that must show a certificate: tls_test.py FROND MODEL PHOTO. Certificates are made by openssl."""

import http.client
import json
import pathlib
import socket
import ssl
import subprocess
import sys
import tempfile
import warnings

from service import Service


def certificate(folder, name, authority=None):
    """folder/NAME.{key,pem}, of 127.0.0.1, signed by AUTHORITY or by itself."""
    subject = ["-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1"]
    signed = ["-CA", f"{folder}/{authority}.pem", "-CAkey", f"{folder}/{authority}.key"] if authority else []
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem", *subject, *signed], check=True, capture_output=True)


def ask(service, context, photo):
    connection = http.client.HTTPSConnection(service.address, context=context, timeout=20)
    try:
        for _ in range(2):  # the second on the same connection
            connection.request("POST", "/v1/classify?top=1", photo)
            answer = connection.getresponse()
            assert answer.status == 200 and json.load(answer)["results"][0]["labels"]
    finally:
        connection.close()


def main():
    frond, model, photo_path = sys.argv[1:]
    photo = pathlib.Path(photo_path).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        for name, authority in (("authority", None), ("server", "authority"), ("client", "authority"), ("stranger", None)):
            certificate(folder, name, authority)
        server = ["--tls-cert", f"{folder}/server.pem", "--tls-key", f"{folder}/server.key"]

        def context(client=None):
            made = ssl.create_default_context(cafile=f"{folder}/authority.pem")
            if client:
                made.load_cert_chain(f"{folder}/{client}.pem", f"{folder}/{client}.key")
            return made

        def refused(service, client):
            try:
                ask(service, context(client), photo)
            except (ssl.SSLError, ConnectionError, http.client.RemoteDisconnected):
                return
            sys.exit(f"{client} was answered")

        with Service(frond, model, *server) as service:
            ask(service, context(), photo)
            plain = http.client.HTTPConnection(service.address, timeout=20)
            try:
                plain.request("GET", "/v2/health/live")
                sys.exit(f"plain HTTP was answered: {plain.getresponse().status}")
            except (http.client.HTTPException, ConnectionError):
                pass
            warnings.simplefilter("ignore", DeprecationWarning)  # that is the point
            old = context()
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
            old.set_ciphers("ALL:@SECLEVEL=0")
            try:
                ask(service, old, photo)
                sys.exit("TLS 1.1 was answered")
            except (ssl.SSLError, ConnectionError):
                pass
        assert service.status == 0
        # Certificates of clients stand for a token: any address may be listened at.
        with Service(frond, model, *server, "--tls-client-ca", f"{folder}/authority.pem", "--host", "0.0.0.0") as service:
            ask(service, context("client"), photo)
            session = None
            for _ in range(2):  # the second takes the first's session up again
                host, port = service.address.split(":")
                made = made if session else context("client")
                with made.wrap_socket(socket.create_connection((host, int(port)), timeout=20), server_hostname=host,
                                      session=session) as tls:
                    tls.sendall(b"GET /v2 HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    assert tls.recv(100).startswith(b"HTTP/1.1 200"), "not answered"
                    assert session is None or tls.session_reused
                    session = tls.session
            refused(service, None)
            refused(service, "stranger")
            ask(service, context("client"), photo)
        assert service.status == 0

        def told(*options):
            run = subprocess.run([frond, "serve", model, "--port", "0", *options], capture_output=True, text=True)
            return run.returncode, run.stderr

        status, text = told("--tls-cert", photo_path, "--tls-key", f"{folder}/server.key")
        assert status == 1 and "--tls-cert" in text, text
        status, text = told("--tls-cert", f"{folder}/server.pem", "--tls-key", f"{folder}/client.key")
        assert status == 1 and "--tls-key" in text, text
        status, text = told("--tls-cert", f"{folder}/server.pem")
        assert status == 2, text
        status, text = told("--host", "0.0.0.0")
        assert status == 1 and "--token-file" in text, text
        status, text = told("--store-photos")
        assert status == 2 and "--store" in text, text
        status, text = told(model)
        assert status == 1 and "two models are called" in text, text
    print("TLS: as it should be")


if __name__ == "__main__":
    main()
