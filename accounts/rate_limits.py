"""Rate limits. Tries are rows of a table, so that all processes count together.

A database that fails raises its own error, which ends in a page with status 503: it must not read as "too many tries".
"""

import ipaddress
from collections.abc import Iterable
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


# Wrong passwords. Each browser the person has signed in with has tries of its own, so that strangers cannot lock the
# person out of it.
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
# Of all known browsers at one address together: a person can sign in with as many as they like, each of which has
# passwords of its own.
KNOWN_BROWSERS_AT_ONCE = Limit("known-browsers-at-once", 36, 1 / 6)
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
MAX_DELETED = 200


class RateLimitExceeded(Exception):
    """Ends in a page with status 429 that says when to come back."""

    def __init__(self, seconds: float, limit: Limit | None = None, taken: Iterable[str] = ()):
        super().__init__("too many tries")
        self.seconds, self.limit, self.taken = max(1, round(seconds)), limit, list(taken)

    @property
    def minutes(self) -> int:
        """How long to wait, rounded up."""
        return -(-self.seconds // 60)


def consume(limit: Limit, who: str) -> str:
    """Use one of the tries there are for `who`. Returns its name for refund; raises RateLimitExceeded."""
    return consume_all([(limit, who)])[0]


def consume_all(counts: list[tuple[Limit, str]]) -> list[str]:
    """Use one try of each count. Returns their names for refund.

    Raises RateLimitExceeded at the first count that is used up; what was taken before it stays taken. A try is a row that
    expires. Of parallel requests that claim the same row one succeeds, so that they get no more tries than others.
    """
    owners = [f"{limit.name}:{keyed_hash(who)}" for limit, who in counts]
    if not settings.COUNT_TRIES:
        return [f"{owner}:uncounted" for owner in owners]
    rows = [
        [f"{owner}:{number}" for number in range(limit.tries)]
        for (limit, _who), owner in zip(counts, owners, strict=True)
    ]
    ends = Throttle.objects.expiry_times(sum(rows, []))
    taken: list[str] = []
    for (limit, _who), names in zip(counts, rows, strict=True):
        if name := next((name for name in names if name not in ends and claim(name, limit)), None):
            taken.append(name)
        else:
            raise RateLimitExceeded(seconds_until_free(limit, names, ends), limit, taken)
    if any(name == names[0] for name, names in zip(taken, rows, strict=True)):
        Throttle.objects.delete_expired(MAX_DELETED)
    return taken


def claim(name: str, limit: Limit) -> bool:
    return Throttle.objects.claim(name, limit.minutes * 60)


def seconds_until_free(limit: Limit, names: list[str], ends: dict) -> float:
    first = min((ends[name] for name in names if name in ends), default=None)
    return (first - timezone.now()).total_seconds() if first else limit.minutes * 60


def limits_of_address(limit: Limit, address: str) -> list[tuple[Limit, str]]:
    """The counts of a client address. Those of a /48 of IPv6, as one customer has it, count together too."""
    wider = provider_prefix(address)
    whole = replace(limit, name=f"{limit.name}-48", tries=limit.tries * ADDRESSES_OF_A_PREFIX)
    return [(limit, address), *([(whole, wider)] if wider else [])]


def consume_for_address(limit: Limit, address: str) -> list[str]:
    """Use one of the tries of a client address. Raises RateLimitExceeded."""
    return consume_all(limits_of_address(limit, address))


def provider_prefix(address: str) -> str:
    """The /48 of an IPv6 address; an empty text for anything else."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 48), strict=False)) if found.version == 6 else ""


def refund(taken: list[str]):
    """What succeeded does not count."""
    Throttle.objects.filter(pk__in=taken).delete()


def claim_once(what: str, seconds: int) -> bool:
    """Whether this is the first time in so many seconds."""
    return Throttle.objects.claim(f"once:{keyed_hash(what)}", seconds)


def keyed_hash(who: str) -> str:
    """A keyed hash: names and addresses in a copy of the table cannot be found by trying all there are."""
    return salted_hmac("accounts.rate_limits", who.encode(errors="replace"), algorithm="sha256").hexdigest()


def consume_sign_in(request, username_key: str, address: str) -> list[str]:
    """Use one try to sign in, and count the password that is about to be checked. Returns the try for refund.

    Does the same for names that exist and names that do not. Raises RateLimitExceeded; the try is given back where there
    are too many passwords, since none was checked.
    """
    if browser := known_browsers.find(request, username_key):
        tries = [(SIGN_IN_BY_KNOWN_BROWSER, str(browser.pk))]
        who, of_all = f"browser {browser.pk}", [(KNOWN_BROWSERS_AT_ONCE, address)]
    else:
        tries = [*limits_of_address(SIGN_IN_BY_ADDRESS, address), (SIGN_IN_BY_NAME, username_key)]
        who, of_all = f"address {address}", []
    passwords = [(PASSWORDS_AT_ONCE, who), (PASSWORDS, who), *of_all]
    try:
        return consume_all([*tries, *passwords])[: len(tries)]
    except RateLimitExceeded as refusal:
        if len(refusal.consumed) >= len(tries):
            refund(refusal.consumed[: len(tries)])
        raise


def consume_for_person(limit: Limit, request, person) -> str:
    """Use one try of a person who is signed in or half way: counted for this browser alone, if it is a known one."""
    browser = known_browsers.find(request, person.username_key)
    return consume(limit, f"browser {browser.pk}" if browser else str(person.pk))


def consume_code(request, person, code: str) -> str:
    """Use one try of the second factor. Guesses at the codes of an app use up none for recovery codes."""
    is_of_app = len(code) == mfa_settings.TOTP_DIGITS
    return consume_for_person(CODE if is_of_app else RECOVERY_CODE, request, person)
