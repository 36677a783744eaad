"""Storage of flash messages in a cookie with a configurable name."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage as DjangoCookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class CookieStorage(DjangoCookieStorage):
    @property
    def cookie_name(self) -> str:
        return settings.MESSAGE_COOKIE_NAME


class Storage(FallbackStorage):
    """Stores messages in a cookie, and in the session what is too long for a cookie.

    Keeps the newest MOST messages, and only what undoes the newest one: a program that saves repeatedly and opens no
    page would make the session grow without limit.

    The tags of a message are: what was saved, the address that undoes it, and what to post there. They are read into
    attributes, for the page.
    """

    storage_classes = (CookieStorage, SessionStorage)
    MOST = 20

    def __iter__(self):
        for message in super().__iter__():
            message.saved, message.undo_address, message.envelope = f"{message.extra_tags or ''}  ".split(" ")[:3]
            yield message

    def _store(self, messages, response, *args, **kwargs):
        for message in messages[:-1]:
            message.extra_tags = (message.extra_tags or "").partition(" ")[0]
        return super()._store(messages[-self.MOST :], response, *args, **kwargs)
