#!/usr/bin/env python3
"""Another model and the end while clients ask: under_load_test.py FROND MODEL PHOTO.

Clients keep connections and ask without pause. Five SIGHUPs load the model anew: no request fails. Then SIGTERM: whatever was
asked is answered, with 200; what is then refused or closed had not been taken. The status is 0.
"""

import http.client
import signal
import sys
import threading
import time

from service import Service

CLIENTS = 8


class Client(threading.Thread):
    def __init__(self, address, photo):
        super().__init__()
        self.address, self.photo = address, photo
        self.answered, self.failures, self.ending = 0, [], False

    def run(self):
        connection = http.client.HTTPConnection(self.address, timeout=30)
        while True:
            try:
                connection.request("POST", "/v1/classify?top=1", self.photo)
            except (BrokenPipeError, ConnectionResetError, ConnectionRefusedError) as error:
                if not self.ending:
                    self.failures.append(repr(error))
                return
            try:
                answer = connection.getresponse()
                body = answer.read()
            except (http.client.RemoteDisconnected, ConnectionResetError) as error:
                # Closed between two requests, before the second was read.
                if not self.ending:
                    self.failures.append(repr(error))
                return
            except Exception as error:  # an answer that ends in its midst
                self.failures.append(repr(error))
                return
            if answer.status != 200:
                self.failures.append(f"{answer.status} {body}")
            self.answered += 1


def main():
    frond, model, photo_path = sys.argv[1:]
    with open(photo_path, "rb") as file:
        photo = file.read()
    with Service(frond, model) as service:
        clients = [Client(service.address, photo) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        for _ in range(5):
            time.sleep(0.3)
            service.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        before = sum(client.answered for client in clients)
        for client in clients:
            client.ending = True
        service.process.send_signal(signal.SIGTERM)
        for client in clients:
            client.join()
        failures = [failure for client in clients for failure in client.failures]
    answered = sum(client.answered for client in clients)
    print(f"{answered} answers, {answered - before} of them after SIGTERM; status {service.status}")
    if failures or service.status != 0 or before < CLIENTS:
        sys.exit("\n".join(failures) or "too few answers, or a bad end")


if __name__ == "__main__":
    main()
