"""A mail server on loopback that can fail at each step."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class MailServer(socketserver.ThreadingTCPServer):
    """Keeps what it receives. `answers` replaces the answer to a command; None closes the connection instead of it.

    The text of a mail counts as the command TEXT, the greeting as CONNECT. With HANG as its answer, a command has none
    until the server is stopped. With DRIP it is lines that go on, one now and then; with ENDLESS, as many as are read.
    It offers STARTTLS, and hangs in the handshake. It takes `seconds` to accept a mail.
    """

    HANG, DRIP, ENDLESS = "hang", "drip", "endless"
    MOST_DRIPS, MOST_LINES = 100, 1_000_000
    ANSWERS = {  # noqa: RUF012
        **{"CONNECT": "220 ready", "EHLO": "250-ready\r\n250 STARTTLS", "MAIL": "250 ok", "RCPT": "250 ok"},
        **{"DATA": "354 go on", "TEXT": "250 accepted", "QUIT": "221 bye", "RSET": "250 ok"},
        "STAR": "220 begin",
    }
    allow_reuse_address = daemon_threads = True

    def __init__(self, seconds: float = 0, **answers: str | None):
        super().__init__(("127.0.0.1", 0), MailHandler)
        self.answers, self.seconds = self.ANSWERS | answers, seconds
        self.mails: list[bytes] = []
        self.commands: list[str] = []
        self.lines = 0
        self.is_stopped = threading.Event()


class MailHandler(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self):
        if not self.answer("CONNECT"):
            return
        for line in self.rfile:
            command = line[:4].decode().upper()
            self.server.commands.append(line.decode().strip())
            if not self.answer(command) or command == "QUIT":
                return
            if command == "STAR":  # STARTTLS: the handshake that follows gets no answer.
                self.server.is_stopped.wait(30)
                return
            if command == "DATA" and self.server.answers["DATA"].startswith("354"):
                self.server.mails.append(b"".join(iter(self.rfile.readline, b".\r\n")))
                self.server.is_stopped.wait(self.server.seconds)
                if not self.answer("TEXT"):
                    return

    def answer(self, command: str) -> bool:
        """Send the answer to a command. Returns whether the connection goes on."""
        answer = self.server.answers[command]
        if answer == MailServer.HANG:
            self.server.is_stopped.wait(30)
        if answer in (MailServer.DRIP, MailServer.ENDLESS):
            is_slow = answer == MailServer.DRIP
            self.go_on(0.05 if is_slow else 0, MailServer.MOST_DRIPS if is_slow else MailServer.MOST_LINES)
        if answer in (None, MailServer.HANG, MailServer.DRIP, MailServer.ENDLESS):
            return False
        self.wfile.write(f"{answer}\r\n".encode())
        return True

    def go_on(self, seconds: float, most: int):
        """Send one line after the other that says that more follow, until the client hangs up."""
        with suppress(OSError):
            while self.server.lines < most and not self.server.is_stopped.wait(seconds):
                self.wfile.write(b"250-more\r\n")
                self.server.lines += 1


@contextmanager
def mail_server(settings, seconds: float = 0, **answers: str | None) -> Iterator[MailServer]:
    """Such a server, which the settings name."""
    with MailServer(seconds, **answers) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        try:
            yield server
        finally:
            server.is_stopped.set()
            server.shutdown()
            thread.join()
