"""gunicorn worker: gthread with buffered requests, and with separate threads for probes.

gthread reads each request in one of its threads. Eight clients that send one byte a minute, or eight browsers that open
a connection in advance, then occupy all eight threads of the site. Here the main loop reads requests without blocking,
and a thread receives a request once it is complete. So proxies that do not buffer bodies, as those of most platforms,
are safe in front of it.

gunicorn loads this module before it forks: a change of it takes effect only when gunicorn itself is restarted.
"""

import fcntl
import re
import socket
import sys
import termios
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ

from gunicorn import util
from gunicorn.http import get_parser
from gunicorn.http.unreader import SocketUnreader
from gunicorn.workers.gthread import TConn, ThreadWorker

# Seconds. The proxies in README.md have the same limits.
HEAD_SECONDS = 10
BODY_SECONDS = 60
# SEND: for one write to a client that does not read. LINGER: until a closing connection no longer waits for its client.
SEND_SECONDS = 30
LINGER_SECONDS = 2
# When a page takes longer, the database is probed.
SLOW_PAGE_SECONDS = 1
TICK_SECONDS = 0.1

# Bytes. A longer head exceeds gunicorn's own limits in any case (gunicorn.conf.py).
LONGEST_HEAD = 64 * 1024
# A request with a longer body is passed on incomplete: most views reject it by its length, without reading it.
LONGEST_BODY = 4 * 1024 * 1024
# The limit of all incomplete requests of one worker together.
MEMORY = 64 * 1024 * 1024
RECEIVED_AT_ONCE = 64 * 1024
# Enough for a whole page, so that no thread waits for a client that reads slowly.
SEND_BUFFER = 512 * 1024
# The limit of earlier responses that the client has not read: pipelined requests would fill the send buffer.
UNREAD = 64 * 1024

PROBE = re.compile(rb"[A-Z]+ (/healthz|/readyz)[ ?]")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Connection(TConn):
    """A connection, and the received part of its next request."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.received = bytearray()
        self.needed = 0  # Bytes of the complete request; 0 until its head is complete.
        self.deadline = 0.0
        self.has_sent_continue = False
        self.is_answered = False


class DeadlineReader(SocketUnreader):
    """Reads the rest of a long body, until the deadline of its connection.

    For a body that is late or incomplete, the application gets a BadRequest. Django treats any other error, and the end
    of the data, as the end of the form, and would save a truncated text.
    """

    def __init__(self, connection: Connection):
        super().__init__(connection.sock)
        self.connection = connection

    def chunk(self, size_hint=None):
        from django.core.exceptions import BadRequest

        self.sock.settimeout(max(0.001, self.connection.deadline - time.monotonic()))
        try:
            data = super().chunk(size_hint)
        except OSError:
            if self.connection.is_answered:
                raise
            raise BadRequest("Timeout of the request body.") from None
        finally:
            self.sock.settimeout(SEND_SECONDS)
        if not data and not self.connection.is_answered:
            raise BadRequest("Incomplete request body.")
        return data


class Worker(ThreadWorker):
    """States of a request: arriving (main loop) -> waiting (queue) -> busy (thread) -> closing, or kept alive."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.arriving: dict[Connection, None] = {}  # The oldest first.
        self.waiting: deque[Connection] = deque()
        self.busy: dict[Connection, float] = {}  # The time of its start; the oldest first.
        self.closing: dict[Connection, None] = {}
        self.buffered = 0
        self.stops_at: float | None = None  # The time from which idle connections are closed.

    def init_process(self):
        # Separate threads for probes. /readyz can take a second, so that several monitors need several threads.
        self.probes = {b"/healthz": ThreadPoolExecutor(1), b"/readyz": ThreadPoolExecutor(self.cfg.threads)}
        super().init_process()

    def load_wsgi(self):
        super().load_wsgi()
        # Imported here, because the application has to be loaded after the fork: then SIGHUP loads a new release.
        from brainlog.circuit_breaker import database

        self.database = database
        self.times_opened = database.times_opened

    # ── Arriving ──────────────────────────────────────────────────────────────────────────────

    def accept(self, listener):
        try:
            client, address = listener.accept()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        except OSError:
            return  # Another worker was faster, the client has disconnected, or too many files are open.
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self.arriving:
            # Make room by closing the connection that has been arriving for longest.
            self.drop(next(iter(self.arriving)))
        self.enqueue_req(Connection(self.cfg, client, address, listener.getsockname()))

    def enqueue_req(self, conn):
        """Receive the next request of a new or kept-alive connection."""
        if self.cfg.is_ssl:
            return self.enqueue_complete(conn)  # gunicorn does TLS in its threads, and so has to read there.
        if conn.parser is None:
            conn.parser = get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = DeadlineReader(conn)
        conn.sock.setblocking(False)
        conn.data_ready = True  # It will be, when a thread receives the connection.
        conn.received, conn.needed = bytearray(), 0
        conn.has_sent_continue = conn.is_answered = False
        conn.deadline = time.monotonic() + HEAD_SECONDS
        self.arriving[conn] = None
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_received, conn))
        if ahead := conn.parser.unreader.take_buffered():
            self.examine(conn, ahead)

    def on_received(self, conn, _socket):
        if conn not in self.arriving:
            return  # It was closed to make room, in the same round of events.
        try:
            data = conn.sock.recv(RECEIVED_AT_ONCE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self.examine(conn, data)
        else:
            self.drop(conn)

    def examine(self, conn, data: bytes):
        """Append received data, and pass the request on when it is complete. gunicorn's parser validates it later."""
        searched = max(0, len(conn.received) - 3)
        conn.received += data
        self.buffered += len(data)
        if not conn.needed:
            end = conn.received.find(b"\r\n\r\n", searched) + 4
            if end < 4:
                if len(conn.received) > LONGEST_HEAD:
                    self.refuse(conn, 431, "Request Header Fields Too Large")
                return
            conn.needed = end + body_length(conn.received[:end])
            conn.deadline = time.monotonic() + BODY_SECONDS
            if len(conn.received) < conn.needed and EXPECT.search(conn.received, 0, end):
                conn.has_sent_continue = True
                with suppress(OSError):  # It has disconnected, which the next event reports.
                    util.write_nonblock(conn.sock, b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(conn.received) >= conn.needed:
            self.stop_arriving(conn)
            conn.parser.unreader.unread(bytes(conn.received))
            self.enqueue_complete(conn)
        elif self.buffered > MEMORY:
            self.refuse(max(self.arriving, key=lambda other: len(other.received)), 503, "Service Unavailable")

    def stop_arriving(self, conn):
        del self.arriving[conn]
        self.buffered -= len(conn.received)
        self.poller.unregister(conn.sock)

    def drop(self, conn):
        self.stop_arriving(conn)
        self.nr_conns -= 1
        conn.close()

    def refuse(self, conn, status: int, reason: str):
        """Answer an incomplete request with an error. The application has not received any of it."""
        self.stop_arriving(conn)
        if conn.received:  # Without a request there is no response: browsers open connections in advance.
            self.log.info("An incomplete request was rejected: %d %s.", status, reason)
            with suppress(OSError):  # The client does not read, or has disconnected.
                util.write_error(conn.sock, status, reason, "")
        self.close(conn)

    # ── Waiting and busy ──────────────────────────────────────────────────────────────────────

    def enqueue_complete(self, conn):
        if probe := PROBE.match(conn.received):
            self.run_in(self.probes[probe[1]], conn)
        else:
            self.waiting.append(conn)
            self.fill_threads()

    def fill_threads(self):
        while self.waiting and len(self.busy) < self.cfg.threads:
            conn = self.waiting.popleft()
            if unread_bytes(conn.sock) <= UNREAD:
                self.busy[conn] = time.monotonic()
                self.run_in(self.tpool, conn)
            else:
                self.close(conn)  # Browsers do not pipeline requests.

    def run_in(self, pool, conn):
        conn.received = bytearray()
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle_request(self, req, conn):
        conn.sock.settimeout(SEND_SECONDS)
        if conn.has_sent_continue:
            req._expected_100_continue = False  # gunicorn would send 100 Continue again.
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.info("A client did not read its response within %d s.", SEND_SECONDS)
            return False

    def _keepalive_after(self, conn, keepalive):
        # gthread waits for the unread rest of a body. Here the request is complete, or its connection is closed.
        conn.is_answered, conn.deadline = True, time.monotonic() + TICK_SECONDS
        return keepalive and bool(conn.parser.finish_body(deadline=conn.deadline))

    def finish_request(self, conn, fs):
        self.busy.pop(conn, None)
        self.fill_threads()
        if fs.cancelled() or fs.exception() or not fs.result():
            self.close(conn)
        else:
            super().finish_request(conn, fs)

    # ── Closing ───────────────────────────────────────────────────────────────────────────────

    def close(self, conn):
        """Close the sending side, and read until the client closes too; otherwise the end of the response can get lost.

        gthread does this in its main loop, which then blocks for two seconds per client that does not close.
        """
        try:
            conn.sock.setblocking(False)
            conn.sock.shutdown(socket.SHUT_WR)
            self.poller.register(conn.sock, EVENT_READ, partial(self.on_closing, conn))
        except (OSError, ValueError):
            self.nr_conns -= 1
            conn.close()
        else:
            conn.deadline = time.monotonic() + LINGER_SECONDS
            self.closing[conn] = None

    def on_closing(self, conn, _socket):
        if conn not in self.closing:
            return
        try:
            if conn.sock.recv(RECEIVED_AT_ONCE):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self.end(conn)

    def end(self, conn):
        del self.closing[conn]
        self.poller.unregister(conn.sock)
        self.nr_conns -= 1
        conn.close()

    # ── The main loop ─────────────────────────────────────────────────────────────────────────

    def wait_for_and_dispatch_events(self, timeout):
        is_active = self.arriving or self.waiting or self.busy or self.closing
        super().wait_for_and_dispatch_events(min(timeout, TICK_SECONDS) if is_active else timeout)
        self.end_late_connections()
        self.watch_database()

    def end_late_connections(self):
        now = time.monotonic()
        if not self.alive and self.stops_at is None:
            self.stops_at = now + LINGER_SECONDS
        for conn in list(self.arriving):
            if conn.deadline <= now:
                self.refuse(conn, 408, "Request Timeout")
            elif self.stops_at and self.stops_at <= now and not conn.received:
                self.drop(conn)
        for conn in list(self.closing):
            if conn.deadline <= now:
                self.end(conn)

    def watch_database(self):
        """Start probing the database while a page takes long, and replace threads that wait for one that is down.

        Until DATABASE_TIMEOUT they could not answer other requests, even after the database is back.
        """
        if self.times_opened != self.database.times_opened:
            self.times_opened = self.database.times_opened
            if self.busy:
                self.tpool.shutdown(wait=False)
                self.tpool = self.get_thread_pool()
                self.busy.clear()
                self.fill_threads()
        if self.busy and time.monotonic() - next(iter(self.busy.values())) > SLOW_PAGE_SECONDS:
            self.database.start_probing()


def unread_bytes(sock) -> int:
    """Return the number of sent bytes that the client has not acknowledged."""
    try:
        return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:  # Not supported on this system.
        return 0


def body_length(head: bytes) -> int:
    """Return how many bytes of the body to wait for; 0 for a chunked body, which the application does not read."""
    length = LENGTH.search(head)
    return int(length[1]) if length and int(length[1]) <= LONGEST_BODY else 0
