"""How often something may be tried, counted where all processes see it: in the cache named "throttle"."""

import hashlib
import time
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import caches
from django.utils.crypto import constant_time_compare, salted_hmac


@dataclass(frozen=True)
class Limit:
    """So many tries in so many minutes, whoever it is kept for."""

    name: str
    tries: int
    minutes: int


# Wrong passwords. By name, everybody else's tries cannot use up those of a browser the person has
# signed in with before: nobody is locked out of it by strangers.
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 30, 10)
SIGN_IN_BY_NAME = Limit("sign-in-name", 10, 10)
SIGN_IN_BY_KNOWN_BROWSER = Limit("sign-in-known", 10, 10)
# Wrong passwords and codes of somebody who is signed in, or half way.
PASSWORD_AGAIN = Limit("password-again", 10, 10)
CODE = Limit("code", 10, 10)
PASSKEY = Limit("passkey", 30, 10)
SIGN_UP = Limit("sign-up", 20, 60)
MAIL = Limit("mail", 5, 60)
RESET_BY_ADDRESS = Limit("reset-address", 20, 60)
# Each reads and decrypts all that somebody has written.
EXPORT = Limit("export", 10, 60)


class TooManyTries(Exception):
    """Ends in a page with status 429 that says when to come back."""

    def __init__(self, seconds: float, limit: Limit | None = None):
        super().__init__("too many tries")
        self.seconds, self.limit = max(1, round(seconds)), limit

    @property
    def minutes(self) -> int:
        """How long to wait, rounded up."""
        return -(-self.seconds // 60)


def take(limit: Limit, who: str) -> str:
    """Use one of the tries there are for `who`. Returns its name for give_back; raises TooManyTries.

    A try is a key that expires by itself. Of many who add one at the same moment one succeeds, so
    that parallel requests get no more tries than others.
    """
    tries, lasts = caches["throttle"], limit.minutes * 60
    hidden = hashlib.sha256(who.encode(errors="replace")).hexdigest()  # whoever reads the table learns no names
    names = [f"{limit.name}:{hidden}:{number}" for number in range(limit.tries)]
    taken, now = tries.get_many(names), time.time()
    for name in names:
        if name not in taken and tries.add(name, now + lasts, lasts):
            return name
    raise TooManyTries(min(taken.values(), default=now + lasts) - now, limit)


def give_back(taken: list[str]):
    """What succeeded does not count."""
    caches["throttle"].delete_many(taken)


def only_once(what: str, seconds: int) -> bool:
    """Whether this is the first time in so many seconds."""
    return caches["throttle"].add(f"once:{hashlib.sha256(what.encode()).hexdigest()}", 1, seconds)


def known_browser(username_key: str) -> str:
    """What a browser remembers after somebody signed in: a proof, not the name."""
    return salted_hmac("accounts.known_browser", username_key, algorithm="sha256").hexdigest()


def is_known_browser(request, username_key: str) -> bool:
    # Or the name of releases before. Whoever plants a cookie of that name still has no proof to put in it.
    proof = request.COOKIES.get(settings.KNOWN_BROWSER_COOKIE_NAME) or request.COOKIES.get("known_browser", "")
    return constant_time_compare(proof, known_browser(username_key))


def take_sign_in(request, username_key: str, address: str) -> list[str]:
    """Use one try to sign in. The same for names that exist and names that do not."""
    if is_known_browser(request, username_key):
        return [take(SIGN_IN_BY_KNOWN_BROWSER, username_key)]
    return [take(SIGN_IN_BY_ADDRESS, address), take(SIGN_IN_BY_NAME, username_key)]
