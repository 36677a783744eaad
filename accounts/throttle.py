"""How often something may be tried, counted where all processes see it: in the cache named "throttle"."""

import hashlib
import time
from dataclasses import dataclass

from allauth.mfa import app_settings as mfa_settings
from django.core.cache import caches

from accounts import known_browsers


@dataclass(frozen=True)
class Limit:
    """So many tries in so many minutes, whoever it is kept for."""

    name: str
    tries: int
    minutes: int


# Wrong passwords. Each browser the person has signed in with has tries of its own, which those of others cannot
# use up: nobody is locked out of it by strangers.
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 30, 10)
SIGN_IN_BY_NAME = Limit("sign-in-name", 10, 10)
SIGN_IN_BY_KNOWN_BROWSER = Limit("sign-in-known", 10, 10)
# Wrong passwords and codes of somebody who is signed in, or half way: by person, or by known browser.
PASSWORD_AGAIN = Limit("password-again", 10, 10)
CODE = Limit("code", 10, 10)
RECOVERY_CODE = Limit("recovery-code", 10, 10)
PASSKEY = Limit("passkey", 30, 10)
PROVIDER = Limit("provider", 60, 10)
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


def take_sign_in(request, username_key: str, address: str) -> list[str]:
    """Use one try to sign in. The same for names that exist and names that do not."""
    if browser := known_browsers.find(request, username_key):
        return [take(SIGN_IN_BY_KNOWN_BROWSER, str(browser.pk))]
    return [take(SIGN_IN_BY_ADDRESS, address), take(SIGN_IN_BY_NAME, username_key)]


def take_again(limit: Limit, request, person) -> str:
    """Use one try of a person who is signed in or half way: counted for this browser alone, if it is a known one."""
    browser = known_browsers.find(request, person.username_key)
    return take(limit, f"browser {browser.pk}" if browser else str(person.pk))


def take_code(request, person, code: str) -> str:
    """Use one try of the second factor. Guesses at the codes of an app use up none for recovery codes."""
    is_of_app = len(code) == mfa_settings.TOTP_DIGITS
    return take_again(CODE if is_of_app else RECOVERY_CODE, request, person)
