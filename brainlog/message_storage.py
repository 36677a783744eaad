"""Messages for the next page, in a cookie under the name that settings give it."""

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage as DjangoCookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class CookieStorage(DjangoCookieStorage):
    @property
    def cookie_name(self) -> str:
        return settings.MESSAGE_COOKIE_NAME


class Storage(FallbackStorage):
    """A cookie, or the session for what is too long for one.

    Keeps the newest: a program that saves again and again and opens no page would make the session grow without end.
    """

    storage_classes = (CookieStorage, SessionStorage)
    MOST = 20

    def _store(self, messages, response, *args, **kwargs):
        return super()._store(messages[-self.MOST :], response, *args, **kwargs)
