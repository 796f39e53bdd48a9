"""A service of one model, for tests and benches."""

import http.client
import json
import subprocess


class Service:
    """`frond serve MODEL --port 0 OPTIONS`, from its first answer on until the end of the with statement.
    `stderr`: a file for what it says."""

    def __init__(self, frond, model, *options, stderr=None):
        self.process = subprocess.Popen([frond, "serve", model, "--port", "0", "--json", *map(str, options)],
                                        stdout=subprocess.PIPE, stderr=stderr, text=True)
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"frond serve ended with {self.process.wait()}")
        said = json.loads(line)
        self.address = f"127.0.0.1:{said['port']}"
        self.grpc_address = f"127.0.0.1:{said.get('grpc_port')}"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.terminate()
        self.status = self.process.wait(timeout=60)
        self.process.stdout.close()

    def ask(self, method, path, body=None, headers=None):
        """Status, body and headers of a request on a connection of its own; an object goes as JSON."""
        connection = http.client.HTTPConnection(self.address, timeout=30)
        try:
            body = json.dumps(body) if isinstance(body, dict) else body
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read(), answer.headers
        finally:
            connection.close()

    def get(self, path):
        """A JSON document."""
        status, body, _ = self.ask("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)
