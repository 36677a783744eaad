"""Kinds of channels, and what each does to send a reminder.

A kind is a class in a module of its own, registered in KINDS by its slug. It gets a Message whose words are chosen
already (reminders/messages.py).
"""

import datetime
import json
from dataclasses import dataclass

from django.utils.translation import gettext as _


@dataclass(frozen=True)
class Message:
    """What a reminder says, and until when it is worth showing."""

    title: str
    body: str
    path: str  # of the page that it leads to, such as `/`
    tag: str  # equal for the repetitions of a reminder: a later one replaces the earlier one on the screen
    worth_until: datetime.datetime


class SendingError(Exception):
    """A reminder was not sent, or it is not known whether it was.

    `code` is a word for logs, metrics and the page, without any address: "timeout", "refused", "http 500".
    `is_gone`: the address does not exist any more. Nothing is sent there until the channel has another one.
    """

    def __init__(self, code: str, *, is_gone: bool = False):
        super().__init__(code)
        self.code, self.is_gone = code, is_gone


def details_of(channel) -> dict:
    """What the kind has stored in the address of the channel. Raises SendingError if it cannot be decrypted."""
    if not isinstance(channel.address, str):
        raise SendingError("unreadable")
    return json.loads(channel.address)


class TooManyChannels(Exception):
    """The person has as many channels as one may have."""


class ChannelKind:
    """How reminders reach a person on one kind of channel, and how the page of channels offers it."""

    slug: str  # one of Channel.Kind
    title = ""  # on the page, if it is not the name of the kind
    # The section of the page that adds one, if there is one. Gets `kind`, `form` and `more`.
    template = ""
    # The form of that section: a ChannelForm. None: the section has a form of its own.
    form_class: type | None = None

    def is_configured(self) -> bool:
        """Whether the operator has enabled it. Off by default."""
        raise NotImplementedError

    def prepare(self, channel) -> None:
        """Check what needs the database, before a reminder is sent. Raises SendingError."""

    def send(self, channel, message: Message) -> None:
        """Send a reminder, within 10 seconds. Raises SendingError.

        It must not use the database: the connection was returned to its pool, so that a server that hangs holds none.
        """
        raise NotImplementedError

    def more(self, request) -> dict:
        """What else its section of the page shows."""
        return {}

    def explain(self, code: str) -> str:
        """Say what a failure means and what to do, in words for the person."""
        return explain(code)


# The code of a failure that is not one of the address: the person is not logged in on the device any more.
LOGGED_OUT = "logged out"
# The last failure of a channel whose address does not exist any more.
GONE = "gone"

KINDS: dict[str, ChannelKind] = {}


def register(kind: type[ChannelKind]) -> type[ChannelKind]:
    KINDS[kind.slug] = kind()
    return kind


def explain(code: str) -> str:
    """What a failure of any kind of channel means, in words for the person."""
    if code in {"timeout", "refused", "unreachable", "dns", "no http", "http 429"} or code.startswith("http 5"):
        return _("The other server cannot be reached just now. The next reminder tries again.")
    if code == "unreadable":
        return _("What is stored here cannot be read. Please remove it, and add it again.")
    return _("It did not arrive (%(code)s). Please tell the operator of this server if it stays so.") % {"code": code}
