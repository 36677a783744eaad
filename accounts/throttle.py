"""Rate limits. Tries are rows of a table, so that all processes count together.

A database that fails raises its own error, which ends in a page with status 503: it must not read as "too many tries".
"""

import ipaddress
from dataclasses import dataclass, replace

from allauth.mfa import app_settings as mfa_settings
from django.conf import settings
from django.utils import timezone
from django.utils.crypto import salted_hmac

from accounts import known_browsers
from accounts.models import Throttle


@dataclass(frozen=True)
class Limit:
    """So many tries in so many minutes, whoever it is kept for."""

    name: str
    tries: int
    minutes: float


# Wrong passwords. Each browser the person has signed in with has tries of its own, which those of others cannot
# use up: nobody is locked out of it by strangers.
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 30, 10)
SIGN_IN_BY_NAME = Limit("sign-in-name", 10, 10)
SIGN_IN_BY_KNOWN_BROWSER = Limit("sign-in-known", 10, 10)
# Passwords, right ones too, and wrong codes of a person who is signed in, or half way: by person, or by known browser.
PASSWORD_AGAIN = Limit("password-again", 10, 10)
CODE = Limit("code", 10, 10)
RECOVERY_CODE = Limit("recovery-code", 10, 10)
PASSKEY = Limit("passkey", 30, 10)
PROVIDER = Limit("provider", 60, 10)
SIGN_UP = Limit("sign-up", 20, 60)
# Passwords that are looked at, right ones too: each costs a fifth of a second of a processor. The first limit bounds
# how many of one visitor's keep threads busy at the same moment.
PASSWORDS_AT_ONCE = Limit("passwords-at-once", 12, 1 / 6)
PASSWORDS = Limit("passwords", 60, 10)
# Mails to addresses that are not confirmed: to one mailbox, by one person, from one client address.
MAIL = Limit("mail", 5, 60)
MAIL_A_DAY = Limit("mail-day", 10, 24 * 60)
MAIL_BY_PERSON = Limit("mail-person", 5, 60)
MAIL_BY_ADDRESS = Limit("mail-address", 20, 60)
# Mails to a confirmed address about one kind of event.
MAIL_OF_EVENT = Limit("mail-event", 5, 60)
# Each reads and decrypts all that somebody has written.
EXPORT = Limit("export", 10, 60)

# A provider gives a customer up to a /48 of IPv6, which is 65,536 networks of a /64.
ADDRESSES_OF_A_PREFIX = 4
# Expired rows that go with the first try of an owner: more than one owner can have.
MOST_DELETED = 200


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

    A try is a row that expires. Of parallel requests that claim the same row one succeeds, so that they get no more
    tries than others.
    """
    lasts, owner = limit.minutes * 60, f"{limit.name}:{hidden(who)}"
    if not settings.COUNT_TRIES:
        return f"{owner}:uncounted"
    names = [f"{owner}:{number}" for number in range(limit.tries)]
    taken = Throttle.objects.ends_of(names)
    for name in names:
        if name not in taken and Throttle.objects.claim(name, lasts):
            if name == names[0]:
                Throttle.objects.delete_expired(MOST_DELETED)
            return name
    first = min(taken.values(), default=None)
    raise TooManyTries((first - timezone.now()).total_seconds() if first else lasts, limit)


def take_for_address(limit: Limit, address: str) -> list[str]:
    """Use one of the tries of a client address. Those of a /48 of IPv6, as one customer has it, count together too.

    Raises TooManyTries.
    """
    wider = provider_prefix(address)
    whole = replace(limit, name=f"{limit.name}-48", tries=limit.tries * ADDRESSES_OF_A_PREFIX)
    return [take(limit, address), *([take(whole, wider)] if wider else [])]


def provider_prefix(address: str) -> str:
    """The /48 of an IPv6 address; an empty text for anything else."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 48), strict=False)) if found.version == 6 else ""


def take_password(tries: list[str]):
    """Count a password that is about to be looked at, for the browser or address that the first of `tries` counts for.

    Raises TooManyTries, and gives back `tries`: no password was looked at.
    """
    for name in tries[:1]:
        owner, _colon, _number = name.rpartition(":")
        try:
            take(PASSWORDS_AT_ONCE, owner)
            take(PASSWORDS, owner)
        except TooManyTries:
            give_back(tries)
            raise


def give_back(taken: list[str]):
    """What succeeded does not count."""
    Throttle.objects.filter(pk__in=taken).delete()


def only_once(what: str, seconds: int) -> bool:
    """Whether this is the first time in so many seconds."""
    return Throttle.objects.claim(f"once:{hidden(what)}", seconds)


def hidden(who: str) -> str:
    """A keyed hash: names and addresses in a copy of the table cannot be found by trying all there are."""
    return salted_hmac("accounts.throttle", who.encode(errors="replace"), algorithm="sha256").hexdigest()


def take_sign_in(request, username_key: str, address: str) -> list[str]:
    """Use one try to sign in. The same for names that exist and names that do not."""
    if browser := known_browsers.find(request, username_key):
        return [take(SIGN_IN_BY_KNOWN_BROWSER, str(browser.pk))]
    return [*take_for_address(SIGN_IN_BY_ADDRESS, address), take(SIGN_IN_BY_NAME, username_key)]


def take_again(limit: Limit, request, person) -> str:
    """Use one try of a person who is signed in or half way: counted for this browser alone, if it is a known one."""
    browser = known_browsers.find(request, person.username_key)
    return take(limit, f"browser {browser.pk}" if browser else str(person.pk))


def take_code(request, person, code: str) -> str:
    """Use one try of the second factor. Guesses at the codes of an app use up none for recovery codes."""
    is_of_app = len(code) == mfa_settings.TOTP_DIGITS
    return take_again(CODE if is_of_app else RECOVERY_CODE, request, person)
