"""A service of one model, for tests and benches."""

import json
import subprocess


class Service:
    """`frond serve MODEL --port 0 OPTIONS`, from its first answer on until the end of the with statement."""

    def __init__(self, frond, model, *options):
        self.process = subprocess.Popen([frond, "serve", model, "--port", "0", "--json", *options],
                                        stdout=subprocess.PIPE, text=True)
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
