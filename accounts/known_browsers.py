"""Known browsers: a random token in a cookie proves that a person has signed in with it, see models.KnownBrowser.

Attempts are counted apart for each known browser: neither strangers, nor another browser of the same person, nor one
whose login was ended can use up its attempts. The cookie holds one token for each of the last MAX_PEOPLE people.
"""

import re
import secrets

from django.conf import settings
from django.dispatch import Signal
from django.utils import timezone

from accounts.models import KnownBrowser, User
from accounts.sessions import hash_secret

MAX_PEOPLE = 4
TOKEN = re.compile(r"[\w-]{32}", re.ASCII)  # As token_urlsafe(24) makes them.

# Sent with `person` and the keys `old` and `new` when the browser of a session got another row.
replaced = Signal()


def find(request, username_key: str) -> KnownBrowser | None:
    """The known browser of this request and username. Runs the same query for names that do not exist."""
    if not (hashes := [hash_secret(token) for token in tokens_in(request)]):
        return None
    return KnownBrowser.objects.valid().filter(token_hash__in=hashes, person__username_key=username_key).first()


def remember(request, person: User):
    """Store this browser as known, for a person who has just signed in. set_cookie() sends the token.

    After a password reset, the session can belong to another person or a visitor: then it does not refer to the row.
    """
    tokens = {hash_secret(token): token for token in tokens_in(request)}
    of_person = KnownBrowser.objects.filter(token_hash__in=tokens, person=person)
    others = tokens.keys() - {*of_person.values_list("token_hash", flat=True)}
    if row := of_person.valid().first():
        token = tokens[row.token_hash]
        KnownBrowser.objects.filter(pk=row.pk).update(used_at=timezone.now())
    else:
        token = secrets.token_urlsafe(24)
        KnownBrowser.objects.delete_oldest(person)
        row = KnownBrowser.objects.create(person=person, token_hash=hash_secret(token))
    if request.user == person:
        old, request.session.known_browser_id = request.session.known_browser_id, row.pk
        if old and old != row.pk:
            replaced.send(sender=KnownBrowser, person=person, old=old, new=row.pk)
        request.session.modified = True
    request.known_browser_tokens = [token, *(each for digest, each in tokens.items() if digest in others)]


def set_cookie(request, response):
    """Set the cookie with the tokens in the response, if remember() was called."""
    if tokens := getattr(request, "known_browser_tokens", None):
        response.set_cookie(
            settings.KNOWN_BROWSER_COOKIE_NAME,
            ".".join(tokens[:MAX_PEOPLE]),
            max_age=KnownBrowser.VALID_FOR,
            secure=settings.SESSION_COOKIE_SECURE,
            httponly=True,
            samesite="Lax",
        )


def ended_person_ids(request) -> list[int]:
    """Ids of people whose login in this browser was ended remotely. The page removes what the browser stores for them.

    They are returned until they sign in again. A session that expired is not one that was ended.
    """
    if request.user.is_authenticated or not (hashes := [hash_secret(token) for token in tokens_in(request)]):
        return []
    ended = KnownBrowser.objects.filter(token_hash__in=hashes).exclude(ended_at=None)
    return list(ended.values_list("person_id", flat=True))


def tokens_in(request) -> list[str]:
    cookie = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME, "")
    return [token for token in cookie.split(".", MAX_PEOPLE)[:MAX_PEOPLE] if TOKEN.fullmatch(token)]
