"""gunicorn's worker: gthread, whose threads get whole requests only, and whose probes never wait for a free thread.

gthread reads each request in one of its threads. Eight clients that send a byte a minute, or eight browsers that
open a connection ahead of time, then occupy the eight threads of the site. Here the main loop reads, without waiting,
and a thread gets a request that has arrived. A proxy that passes bodies on as they come, as the proxies of most
platforms do, is safe in front of it.

gunicorn loads this module before it forks: a change of it takes effect when gunicorn itself is started anew.
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

# Seconds. The limits of the proxies in README.md are the same.
HEAD_SECONDS = 10
BODY_SECONDS = 60
# For one write to a client that does not read; a connection that is closed waits for the client's side for so long.
SEND_SECONDS = 30
LINGER_SECONDS = 2
# A page that takes longer may be waiting for a database that is away.
SUSPICIOUS_SECONDS = 1
TICK_SECONDS = 0.1

# Bytes. A head that gunicorn's own limits would accept is never longer (gunicorn.conf.py).
LONGEST_HEAD = 64 * 1024
# A longer body is handed over unfinished: most views refuse it by its length, unread.
LONGEST_BODY = 4 * 1024 * 1024
# All unfinished requests of one worker together.
MEMORY = 64 * 1024 * 1024
RECEIVED_AT_ONCE = 64 * 1024
# The kernel takes a whole page, so that no thread waits while a client reads it slowly.
SEND_BUFFER = 512 * 1024
# Of the answers before. A client that asks for more without reading them would fill that buffer.
UNREAD = 64 * 1024

PROBE = re.compile(rb"[A-Z]+ (/healthz|/readyz)[ ?]")
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,15})[ \t]*\r\n", re.IGNORECASE)
EXPECT = re.compile(rb"\r\nexpect:[ \t]*100-continue[ \t]*\r\n", re.IGNORECASE)


class Connection(TConn):
    """A connection, and what has arrived of its next request."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.received = bytearray()
        self.needed = 0  # Bytes of the whole request; 0 until its head is complete.
        self.deadline = 0.0
        self.has_sent_continue = False
        self.is_answered = False


class DeadlineReader(SocketUnreader):
    """Reads what is left of a long body, until the deadline of its connection.

    The application gets a body that is late or cut off as a BadRequest: Django takes any other error, and the end of
    the data, for the end of the form, and would save what has come of a text.
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
            raise BadRequest("The rest of the body did not come in time.") from None
        finally:
            self.sock.settimeout(SEND_SECONDS)
        if not data and not self.connection.is_answered:
            raise BadRequest("The rest of the body did not come.")
        return data


class Worker(ThreadWorker):
    """The life of a request: arriving (main loop) -> waiting (a queue) -> busy (a thread) -> closing, or kept alive."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.arriving: dict[Connection, None] = {}  # In the order of their arrival.
        self.waiting: deque[Connection] = deque()
        self.busy: dict[Connection, float] = {}  # Since when, the oldest first.
        self.closing: dict[Connection, None] = {}
        self.buffered = 0
        self.stops_at: float | None = None  # From when on it waits for no new request.

    def init_process(self):
        # Threads of their own. /readyz may take a second, so several monitors must not wait for each other.
        self.probes = {b"/healthz": ThreadPoolExecutor(1), b"/readyz": ThreadPoolExecutor(self.cfg.threads)}
        super().init_process()

    def load_wsgi(self):
        super().load_wsgi()
        # Not at the top: the modules of the application are loaded after the fork, so that HUP loads a new release.
        from brainlog.circuit_breaker import database

        self.database = database
        self.openings = database.openings

    # ── Arriving ──────────────────────────────────────────────────────────────────────────────

    def accept(self, listener):
        try:
            client, address = listener.accept()
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        except OSError:
            return  # Another worker was faster, the client has left, or too many files are open for now.
        self.nr_conns += 1
        if self.nr_conns >= self.worker_connections and self.arriving:
            # Room for the next one, in place of the one that has been arriving for longest.
            self.drop(next(iter(self.arriving)))
        self.enqueue_req(Connection(self.cfg, client, address, listener.getsockname()))

    def enqueue_req(self, conn):
        """Receive the next request of a new or kept-alive connection."""
        if self.cfg.is_ssl:
            return self.enqueue_whole(conn)  # gunicorn decrypts in its threads, and so has to read there.
        if conn.parser is None:
            conn.parser = get_parser(self.cfg, conn.sock, conn.client)
            conn.parser.unreader = DeadlineReader(conn)
        conn.sock.setblocking(False)
        conn.data_ready = True  # By the time a thread has it.
        conn.received, conn.needed = bytearray(), 0
        conn.has_sent_continue = conn.is_answered = False
        conn.deadline = time.monotonic() + HEAD_SECONDS
        self.arriving[conn] = None
        self.poller.register(conn.sock, EVENT_READ, partial(self.on_received, conn))
        if ahead := conn.parser.unreader.take_buffered():
            self.examine(conn, ahead)

    def on_received(self, conn, _socket):
        if conn not in self.arriving:
            return  # It had to make room in this very round of events.
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
        """Add what has come; hand the request over once it is whole. What it means is decided by gunicorn's parser."""
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
                with suppress(OSError):  # It has left: the next event says so.
                    util.write_nonblock(conn.sock, b"HTTP/1.1 100 Continue\r\n\r\n")
        if len(conn.received) >= conn.needed:
            self.stop_arriving(conn)
            conn.parser.unreader.unread(bytes(conn.received))
            self.enqueue_whole(conn)
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
        """End a request that is not whole. Nothing of it has reached the application."""
        self.stop_arriving(conn)
        if conn.received:  # Browsers open connections ahead of time, and expect no answer to nothing.
            self.log.info("A request was ended before it was whole: %d %s.", status, reason)
            with suppress(OSError):  # The client does not read, or has left.
                util.write_error(conn.sock, status, reason, "")
        self.close(conn)

    # ── Waiting and busy ──────────────────────────────────────────────────────────────────────

    def enqueue_whole(self, conn):
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
                self.close(conn)  # No browser does so.

    def run_in(self, pool, conn):
        conn.received = bytearray()
        future = pool.submit(self.handle, conn)
        future.add_done_callback(lambda done: self.method_queue.defer(self.finish_request, conn, done))

    def handle_request(self, req, conn):
        conn.sock.settimeout(SEND_SECONDS)
        if conn.has_sent_continue:
            req._expected_100_continue = False  # gunicorn would send it again.
        try:
            return super().handle_request(req, conn)
        except TimeoutError:
            self.log.info("A response was not taken within %d s.", SEND_SECONDS)
            return False

    def _keepalive_after(self, conn, keepalive):
        # gthread waits for the rest of a body that was not read. Here a request is whole, or its connection is closed.
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
        """Close our side, and read on until the client has closed its own: else it may not get the end of the answer.

        gthread does the same in its main loop, which stands still for two seconds per client that does not close.
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
        is_at_work = self.arriving or self.waiting or self.busy or self.closing
        super().wait_for_and_dispatch_events(min(timeout, TICK_SECONDS) if is_at_work else timeout)
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
        """Have the database probed while a page takes long; leave threads behind that wait for one that is away.

        Until their patience ends they would answer no other request, even when the database is back.
        """
        if self.openings != self.database.openings:
            self.openings = self.database.openings
            if self.busy:
                self.tpool.shutdown(wait=False)
                self.tpool = self.get_thread_pool()
                self.busy.clear()
                self.fill_threads()
        if self.busy and time.monotonic() - next(iter(self.busy.values())) > SUSPICIOUS_SECONDS:
            self.database.suspect()


def unread_bytes(sock) -> int:
    """How much of what was sent the client has not taken yet."""
    try:
        return int.from_bytes(fcntl.ioctl(sock, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
    except OSError:  # This system does not say.
        return 0


def body_length(head: bytes) -> int:
    """How many bytes of the body to wait for. The application reads none that comes in chunks."""
    length = LENGTH.search(head)
    return int(length[1]) if length and int(length[1]) <= LONGEST_BODY else 0
