#!/usr/bin/env python3
"""Malformed requests beside good ones: hostile.py FROND MODEL PHOTO [--requests 10000] [--seed 1].

Generated from a seed: smuggled lengths, floods of chunks and headers, pictures that would be huge, tensors that disagree with
themselves, forms cut anywhere, slow bodies, other paths and tokens. Meanwhile clients ask what is right, and must be answered
the same each time. At the end the service must be there, have answered none of the hostile ones with 200 or 5xx but 503, and
end with status 0 (a sanitizer's finding is another).
"""

import argparse
import collections
import json
import pathlib
import random
import socket
import struct
import sys
import tempfile
import threading
import zlib

from service import Service

TOKEN = "right-token"


def raw(method, target, body=b"", headers=(), length=True):
    lines = [f"{method} {target} HTTP/1.1", "Host: localhost", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


def png(width, height):
    """A PNG whose header promises so many pixels, of zeros that pack well."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = zlib.compress(bytes(min(width * height * 3, 1 << 22)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


class Hostile:
    def __init__(self, seed, photo):
        self.random = random.Random(seed)
        self.photo = photo
        self.auth = f"Authorization: Bearer {TOKEN}"
        self.kinds = [self.smuggled, self.chunks, self.headers, self.bomb, self.tensor, self.form, self.slow, self.token,
                      self.target, self.damaged, self.noise]

    def next(self):
        """(kind, pieces to send, whether to wait between them)"""
        kind = self.random.choice(self.kinds)
        made = kind()
        pieces, slow = made if isinstance(made, tuple) else ([made], False)
        return kind.__name__, pieces, slow

    def bytes(self, most):
        return self.random.randbytes(self.random.randint(0, most))

    def smuggled(self):
        inner = raw("GET", "/v2", headers=[self.auth])
        lengths = self.random.choice([
            ["Content-Length: 4", "Content-Length: 5"], ["Content-Length: 5", "Transfer-Encoding: chunked"],
            ["Transfer-Encoding: xchunked"], ["Transfer-Encoding: chunked, identity"], ["Content-Length: +3"],
            ["Content-Length: 0x3"], ["Content-Length: 99999999999999999999"], ["Transfer-Encoding : chunked"],
            ["Content-Length: 3\n"], [" Content-Length: 3"], ["Content-Length: 3, 4"]])
        return raw("POST", "/v1/classify", b"0\r\n\r\n" + inner, [self.auth, *lengths], length=False)

    def chunks(self):
        head = raw("POST", "/v1/classify", headers=[self.auth, "Transfer-Encoding: chunked"], length=False)
        size = self.random.choice([b"ffffffffffffffff", b"-1", b"zz", b"", b"80000000", b"7fffffffffffffff", b"1;" + b"x" * 20000])
        return head + b"1\r\nx\r\n" * self.random.randint(0, 3000) + size + b"\r\n" + self.bytes(100)

    def headers(self):
        if self.random.random() < 0.5:
            return raw("GET", "/v2", headers=[self.auth, *(f"X-{i}: {'y' * 30}" for i in range(1500))])
        return raw("GET", "/v2", headers=[self.auth, self.random.choice(["X" * 40000 + ": y", "X: " + "y" * 40000, "X\0: y", "X: \x01", ": y"])])

    def bomb(self):
        size = self.random.choice([(65535, 65535), (30000, 30000), (2**31 - 1, 1), (1, 2**31 - 1), (0, 5)])
        return raw("POST", "/v1/classify", png(*size), [self.auth])

    def tensor(self):
        request = {"inputs": [{"name": "input", "datatype": "FP32", "shape": [1, 3, 224, 224], "data": [1.0] * 5}]}
        tensor = request["inputs"][0]
        change = self.random.randrange(8)
        if change == 0:
            tensor["shape"] = [self.random.choice([-1, 0, 2**40, 2**63, 1.5, "1", None]) for _ in range(4)]
        elif change == 1:
            tensor["data"] = self.random.choice([None, {}, "x", [[[[[[1]]]]]], ["1"], [True]])
        elif change == 2:
            tensor["parameters"] = {"binary_data_size": self.random.choice([-1, 0, 2**63, 12, "12", None])}
        elif change == 3:
            return raw("POST", "/v2/models/leaf/infer", b"[" * self.random.randint(1, 200000), [self.auth])
        elif change == 4:
            body = json.dumps(request).encode()
            return raw("POST", "/v2/models/leaf/infer", body + self.bytes(5000),
                       [self.auth, f"Inference-Header-Content-Length: {self.random.choice([-1, 0, 1, len(body), len(body) + 1, 2**64, 'x'])}"])
        elif change == 5:
            request = self.random.choice([[], 3, None, {"inputs": {}}, {"inputs": []}, {"inputs": [None]}, {"inputs": [request] * 3}])
        return raw("POST", "/v2/models/leaf/infer", json.dumps(request).encode(), [self.auth])

    def form(self):
        form = (b"--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"a.jpg\"\r\n\r\n" + b"no photo" + b"\r\n--b--\r\n")
        cut = form[:self.random.randint(0, len(form) - 5)]
        if self.random.random() < 0.3:
            cut = b"--b\r\n" * 2000
        boundary = self.random.choice(["b", "", "\"b", "b" * 100, "b;boundary=c"])
        return raw("POST", "/v1/classify", cut, [self.auth, f"Content-Type: multipart/form-data; boundary={boundary}"])

    def slow(self):
        whole = raw("POST", "/v1/classify", self.photo, [self.auth])
        at = self.random.randint(1, 60)
        return [whole[:at], whole[at:at + 20]], True

    def token(self):
        target = self.random.choice(["/v2", "//v2/health/live", "/v2/health/live/../../v2", "/v2/models/leaf", "/v1/classify", "/%76%32",
                                     "/v2/health/ready/", "/v2?/v2/health/live", "/openapi.json", "/V2"])
        header = self.random.choice([[], ["Authorization: Bearer " + TOKEN[:-1]], ["Authorization: Bearer " + TOKEN + "x"], ["Authorization: Basic eDp5"],
                                     ["Authorization: bearer"], ["X-Authorization: Bearer " + TOKEN], ["Authorization: Bearer"], ["Cookie: token=" + TOKEN]])
        return raw(self.random.choice(["GET", "POST"]), target, b"", header)

    def target(self):
        return raw(self.random.choice(["GET", "POST", "PUT", "TRACE", "X" * 300, "get"]),
                   self.random.choice(["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v2/models/%00/infer", "/v2/models/" + "x" * 9000, "*", "http://x/v2",
                                       "/v1/classify?top=-1", "/v1/classify?top=99999999999", "/v2/models//infer", "/v2/models/leaf/versions//infer", "/%", "/\xff"]),
                   b"x", [self.auth])

    def damaged(self):
        photo = bytearray(self.photo[:self.random.randint(1, 400)])
        return raw("POST", "/v1/classify", bytes(photo) if self.random.random() < 0.5 else self.bytes(3000) or b"x", [self.auth])

    def noise(self):
        return self.bytes(2000) or b"\r\n\r\n"


def exchange(port, pieces, slow, timeout):
    """The status of the answer, or None where there is none."""
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as connection:
        try:
            for i, piece in enumerate(pieces):
                if i and slow:
                    threading.Event().wait(0.02)
                connection.sendall(piece)
            if not slow:
                connection.shutdown(socket.SHUT_WR)
                answer = b""
                while b"\r\n" not in answer:
                    got = connection.recv(65536)
                    if not got:
                        return None
                    answer += got
                return int(answer.split(b" ", 2)[1])
        except (ConnectionError, ValueError):
            pass
        except TimeoutError:
            return "none in time"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frond")
    parser.add_argument("model")
    parser.add_argument("photo")
    parser.add_argument("--requests", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with open(arguments.photo, "rb") as file:
        photo = file.read()
    with tempfile.TemporaryDirectory() as folder:
        token = pathlib.Path(folder) / "token"
        token.write_text(TOKEN)
        with Service(arguments.frond, arguments.model, "--name", "leaf", "--token-file", token, "--max-body-mb", "4") as service:
            port = int(service.address.rsplit(":", 1)[1])
            hostile = Hostile(arguments.seed, photo)
            lock = threading.Lock()
            left = [arguments.requests]
            seen = collections.Counter()
            wrong = []
            good = [0]

            def attack():
                while True:
                    with lock:
                        if left[0] == 0:
                            return
                        left[0] -= 1
                        kind, pieces, slow = hostile.next()
                    status = exchange(port, pieces, slow, 60)
                    with lock:
                        seen[kind, status] += 1
                        open_to_all = kind == "token" and status == 200 and b"/v2/health/" in pieces[0].split(b" ", 2)[1]
                        if status == 200 and not open_to_all or isinstance(status, str) or isinstance(status, int) and status >= 500 and status != 503:
                            wrong.append((kind, status, pieces[0][:200]))

            def ask():
                request = raw("POST", "/v1/classify?top=1", photo, [f"Authorization: Bearer {TOKEN}"])
                first = None
                connection = socket.create_connection(("127.0.0.1", port), timeout=120)
                reader = connection.makefile("rb")
                while left[0] > 0:
                    connection.sendall(request)
                    status = reader.readline()
                    length = 0
                    while (line := reader.readline().strip()):
                        if line.lower().startswith(b"content-length:"):
                            length = int(line.split(b":")[1])
                    body = reader.read(length)
                    if b" 200 " not in status:
                        wrong.append(("good", status, body))
                        return
                    labels = json.loads(body)["results"][0]["labels"]
                    first = first or labels
                    if labels != first:
                        wrong.append(("good", "other labels", body))
                    with lock:
                        good[0] += 1

            threads = [threading.Thread(target=attack) for _ in range(6)] + [threading.Thread(target=ask) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            if exchange(port, [raw("GET", "/v2/health/ready")], False, 60) != 200:
                wrong.append(("end", "not ready", b""))
    for (kind, status), count in sorted(seen.items(), key=str):
        print(f"{kind:>9} {status}: {count}")
    print(f"{sum(seen.values())} hostile requests, {good[0]} good ones; status at the end {service.status}")
    if wrong or service.status != 0 or good[0] == 0:
        sys.exit("\n".join(map(str, wrong[:20])) or "the service did not end well")


if __name__ == "__main__":
    main()
