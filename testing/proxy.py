"""A TCP proxy on this machine that can delay, drop or close connections, as networks do."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Proxy:
    """Forwards connections from its port to `target`, with a delay of `delay` seconds in each direction."""

    def __init__(self, port: int):
        self.target = ("127.0.0.1", port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.delay = 0.0
        self.connect_at = 0.0
        self.accepted = 0
        self._sockets: set[socket.socket] = set()
        self._dropping: set[socket.socket] = set()
        threading.Thread(target=self._listen, daemon=True).start()

    def delay_connections(self, seconds: float) -> None:
        """Delay new connections for so many seconds, as a serverless database does that has to start."""
        self.connect_at = time.monotonic() + seconds

    def drop_data(self) -> None:
        """Drop all further data of the existing connections. New connections work."""
        self._dropping |= self._sockets

    def close_connections(self) -> None:
        """Close all existing connections."""
        for each in list(self._sockets):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._sockets.clear()

    def close(self) -> None:
        self.listener.close()
        self.close_connections()

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        time.sleep(max(0.0, self.connect_at - time.monotonic()))
        try:
            server = socket.create_connection(self.target)
        except OSError:
            client.close()
            return
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._sockets |= {client, server}
        there = threading.Thread(target=self._pass_on, args=(client, server), daemon=True)
        there.start()
        self._pass_on(server, client)
        there.join()
        self._sockets -= {client, server}
        client.close()
        server.close()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay)
                if source not in self._dropping:
                    target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


@contextmanager
def throwaway_proxy(port: int) -> Iterator[Proxy]:
    """Yield a proxy in front of that port of this machine."""
    proxy = Proxy(port)
    try:
        yield proxy
    finally:
        proxy.close()
