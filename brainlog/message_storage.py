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

    Keeps the newest MOST messages: a program that saves repeatedly and opens no page would make the session grow
    without limit.
    """

    storage_classes = (CookieStorage, SessionStorage)
    MOST = 20

    def _store(self, messages, response, *args, **kwargs):
        return super()._store(messages[-self.MOST :], response, *args, **kwargs)
