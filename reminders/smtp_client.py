"""The connection to the mail server for reminders. It has one limit of time for a whole mail, and one of size.

smtplib applies its timeout to each read, and reads the lines of an answer for as long as the server sends them: a
server that drips would keep a thread of the sender for ever.
"""

import smtplib
import time

from django.conf import settings
from django.core.mail import get_connection
from django.core.mail.backends.smtp import EmailBackend

from brainlog.reminder_servers import Origin
from reminders.channels import SendingError
from reminders.http_client import BoundedSocket, Deadline, connect_to_first, resolve

SMTP = "django.core.mail.backends.smtp.EmailBackend"


class BoundedSMTP(smtplib.SMTP):
    """A connection whose timeout is that of all that is done with it."""

    def _get_socket(self, host, port, timeout):
        self.deadline = Deadline(timeout)
        connected = connect_to_first(resolve(Origin("smtp", host, port), self.deadline), self.deadline)
        connected.settimeout(self.deadline.seconds_left())  # For the handshake of TLS.
        return connected

    def getreply(self):
        if self.file is None:  # A new connection, or one that begins to use TLS.
            self.file = BoundedSocket(self.sock, self.deadline).makefile("rb")
        try:
            reply = super().getreply()
        except SendingError:  # The answer is too long. smtplib closes after an OSError only.
            self.close()
            raise
        # What is sent next, or the handshake of STARTTLS, has what is left. An answer in time is one even if that is
        # nothing: the mail server may have accepted the mail by it.
        self.sock.settimeout(max(self.deadline.ends_at - time.monotonic(), 0.001))
        return reply


class BoundedSMTPS(smtplib.SMTP_SSL, BoundedSMTP):
    """The same with TLS from the beginning."""


class BoundedBackend(EmailBackend):
    """Sends mails by such a connection. EMAIL_TIMEOUT is the limit for all of it."""

    @property
    def connection_class(self):
        return BoundedSMTPS if self.use_ssl else BoundedSMTP


def mail_connection():
    """What sends the mails of reminders: by SMTP with limits, or as the settings say."""
    return BoundedBackend() if settings.EMAIL_BACKEND == SMTP else get_connection()
