"""A load generator that is cheap enough not to be what is measured: requests made up beforehand, one process, epoll."""

import selectors
import socket
import time
from dataclasses import dataclass


@dataclass
class Load:
    """What a server did with it."""

    answered: int = 0
    seconds: float = 0
    client_cpu: float = 0  # The seconds of a processor that this process took.

    @property
    def rate(self) -> float:
        return self.answered / self.seconds


class Client:
    """A connection that is kept alive, and sends its next request when it has the whole answer to the last one."""

    def __init__(self, port: int, requests: list[bytes], status: bytes):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.requests = requests
        self.status = b"HTTP/1.1 " + status
        self.sent = 0

    def send(self) -> None:
        self.received, self.missing = b"", None
        self.socket.sendall(self.requests[self.sent % len(self.requests)])
        self.sent += 1

    def receive(self) -> bool:
        """Take what there is. Returns whether the answer is whole. Raises RuntimeError for an unexpected one."""
        data = self.socket.recv(1 << 20)
        if not data:
            raise RuntimeError("The server closed a connection.")
        if self.missing is None:
            self.received += data
            head, end, body = self.received.partition(b"\r\n\r\n")
            if not end:
                return False
            if not head.startswith(self.status):
                raise RuntimeError(
                    f"Expected {self.status.decode()}, got:\n{self.received.decode(errors='replace')[:500]}"
                )
            self.missing = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0]) - len(body)
        else:
            self.missing -= len(data)
        return self.missing == 0


def load(port: int, requests: list[list[bytes]], seconds: float, status: int = 200) -> Load:
    """Send for so long. Each list in `requests` is one connection's, which repeats it."""
    clients = [Client(port, each, str(status).encode()) for each in requests]
    result = Load()
    with selectors.DefaultSelector() as selector:
        for client in clients:
            selector.register(client.socket, selectors.EVENT_READ, client)
        cpu, start = time.process_time(), time.perf_counter()
        for client in clients:
            client.send()
        waiting = len(clients)
        while waiting:
            for key, _events in selector.select(timeout=10):
                if key.data.receive():
                    result.answered += 1
                    if time.perf_counter() - start < seconds:
                        key.data.send()
                    else:
                        waiting -= 1
        result.seconds = time.perf_counter() - start
        result.client_cpu = time.process_time() - cpu
    for client in clients:
        client.socket.close()
    return result
