#!/usr/bin/env python3
"""The record store at its worst, of a running service: records_test.py FROND MODEL PHOTO [--kills 50].

- Killed (SIGKILL) again and again while clients ask and give feedback: all feedback that was answered 200 is in the store, which
  is whole (PRAGMA integrity_check), and the service is ready again at once.
- Where the store cannot be written (no such folder, a full disk, one of a newer version) every photo is answered as ever, and
  /v1/monitor says why nothing is recorded, standard error too; a disk that is given room is
  written to again. The full disk is a small file system in memory; where that may not be mounted, its part is left out and the
  status is 77.
"""

import argparse
import contextlib
import http.client
import json
import pathlib
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from monitoring_test import wait_for
from service import Service


class Teller(threading.Thread):
    """Has a photo classified, says what it was, and so on until the service is gone; `told` has the ids whose feedback was taken."""

    def __init__(self, address, photo, name):
        super().__init__()
        self.address, self.photo, self.prefix = address, photo, name
        self.told, self.wrong, self.asked = [], [], 0

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        with contextlib.suppress(OSError, http.client.HTTPException):
            while True:
                request_id = f"{self.prefix}.{self.asked}"
                self.asked += 1
                self.ask(connection, "/v1/classify", self.photo, {"X-Request-Id": request_id})
                if self.ask(connection, "/v1/feedback", json.dumps({"id": request_id, "label": "rust"}), {}):
                    self.told.append(request_id)

    def ask(self, connection, path, body, headers):
        connection.request("POST", path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            self.wrong.append((path, answer.status, text))
        return answer.status == 200


def kills(frond, model, photo, store, count):
    chance = random.Random(7)
    told, ready_ms = [], []
    with open(store.with_suffix(".log"), "w") as log:
        for round in range(count):
            begin = time.monotonic()
            service = Service(frond, model, "--store", store, stderr=log)
            assert service.ask("GET", "/v2/health/ready")[0] == 200
            ready_ms.append((time.monotonic() - begin) * 1e3)
            assert service.get("/v1/monitor")["store"]["writing"], (round, service.get("/v1/monitor")["store"])
            tellers = [Teller(service.address, photo, f"{round}.{number}") for number in range(3)]
            for teller in tellers:
                teller.start()
            time.sleep(chance.uniform(0.05, 0.2))
            service.process.kill()  # frond has become frond-serve: the same process
            service.process.wait()
            service.process.stdout.close()
            for teller in tellers:
                teller.join()
                told += teller.told
                assert not teller.wrong, teller.wrong
    with contextlib.closing(sqlite3.connect(store)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
        stored = [row[0] for row in database.execute("SELECT request_id FROM feedback WHERE answer_id IS NOT NULL")]
    lost = set(told) - set(stored)
    assert not lost, f"{len(lost)} of {len(told)} are lost: {sorted(lost)[:5]}"
    assert len(stored) == len(set(stored)), "stored twice"
    assert len(told) > count, f"only {len(told)} in {count} rounds"
    print(f"{count} kills: {len(told)} feedbacks answered, {len(stored)} stored; ready again after "
          f"{statistics.median(ready_ms):.0f} ms (median), {max(ready_ms):.0f} at most")
    assert max(ready_ms[1:]) < 2000, ready_ms


def answers(service, photo, count=20):
    for _ in range(count):
        status, body, _ = service.ask("POST", "/v1/classify", photo)
        assert status == 200, (status, body)
    return json.loads(body)["results"][0]["id"]


def never_written(frond, model, photo, store, folder, why):
    """A store that the service cannot write to from the start."""
    log_path = folder / "never.log"
    with open(log_path, "w") as log, Service(frond, model, "--store", store, stderr=log) as service:
        known = answers(service, photo)
        state = service.get("/v1/monitor")["store"]
        assert not state["writing"] and why in state["error"] and state["dropped"] >= 20 and state["committed"] == 0, state
        assert str(folder) not in state["error"], "an error names a file of the server"
        status, body, _ = service.ask("POST", "/v1/feedback", {"id": known, "label": "rust"})
        assert status == 503, (status, body)
    said = log_path.read_text()
    assert "nothing is recorded" in said and why in said, said


def newer(frond, model, photo, folder):
    store = folder / "newer.db"
    with Service(frond, model, "--store", store) as service:
        answers(service, photo, 1)
    with contextlib.closing(sqlite3.connect(store)) as database:
        [version] = database.execute("PRAGMA user_version").fetchone()
        database.execute(f"PRAGMA user_version={version + 1}")
        database.execute("PRAGMA journal_mode=DELETE")
    before = store.read_bytes()
    never_written(frond, model, photo, store, folder, f"of version {version + 1}")
    assert store.read_bytes() == before, "a store of a newer version was changed"


def full_disk(frond, model, photo, mounted):
    store = mounted / "records.db"
    filling = mounted / "filling"
    with Service(frond, model, "--store", store) as service:
        first = answers(service, photo)
        assert service.ask("POST", "/v1/feedback", {"id": first, "label": "rust"})[0] == 200
        with contextlib.suppress(OSError), open(filling, "wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))

        def full():
            answers(service, photo)
            state = service.get("/v1/monitor")["store"]
            return None if state["writing"] else state
        state = wait_for("full disk", full, 30)
        assert "full" in state["error"], state
        assert service.ask("POST", "/v1/feedback", {"id": first, "label": "blight"})[0] == 503
        answers(service, photo)
        filling.unlink()
        wait_for("writing again", lambda: service.get("/v1/monitor")["store"]["writing"], 15)  # tries every 10 s
        last = answers(service, photo)
        assert service.ask("POST", "/v1/feedback", {"id": last, "label": "rust"})[0] == 200
    with contextlib.closing(sqlite3.connect(store)) as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert {row[0] for row in database.execute("SELECT request_id FROM feedback")} == {first, last}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("frond")
    parser.add_argument("model")
    parser.add_argument("photo", type=pathlib.Path)
    parser.add_argument("--kills", type=int, default=50)
    arguments = parser.parse_args()
    frond, model, photo = arguments.frond, arguments.model, arguments.photo.read_bytes()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        kills(frond, model, photo, folder / "killed.db", arguments.kills)
        never_written(frond, model, photo, folder / "no such folder" / "records.db", folder, "No such file")
        newer(frond, model, photo, folder)
        mounted = folder / "small"
        mounted.mkdir()
        may = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", mounted], capture_output=True).returncode == 0
        if may:
            try:
                full_disk(frond, model, photo, mounted)
            finally:
                subprocess.run(["umount", mounted], check=True)
    print("stores that cannot be written leave every photo answered")
    if not may:
        print("no file system may be mounted here: the full disk is left out")
        sys.exit(77)


if __name__ == "__main__":
    main()
