"""Kinds of channels, and what each does to send a reminder.

A kind is a class in a module of its own, registered in KINDS by its slug. It gets a Message whose words are chosen
already (reminders/messages.py).
"""

import datetime
from dataclasses import dataclass


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
    `is_gone`: the address does not exist any more, so that the channel is removed.
    """

    def __init__(self, code: str, *, is_gone: bool = False):
        super().__init__(code)
        self.code, self.is_gone = code, is_gone


class ChannelKind:
    """How reminders reach a person on one kind of channel."""

    slug: str  # one of Channel.Kind

    def is_configured(self) -> bool:
        """Whether the operator has enabled it. Off by default."""
        raise NotImplementedError

    def send(self, channel, message: Message) -> None:
        """Send a reminder, within 10 seconds. Raises SendingError."""
        raise NotImplementedError


KINDS: dict[str, ChannelKind] = {}


def register(kind: type[ChannelKind]) -> type[ChannelKind]:
    KINDS[kind.slug] = kind()
    return kind
