"""Rate limits. Attempts are rows of a table, so that all processes count together.

A failing database raises its own error, which ends in a page with status 503: it must not read as "too many attempts".
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
    """A number of attempts within a number of minutes, counted per subject: a name, a person, an address."""

    name: str
    attempts: int
    minutes: float


# Wrong passwords. Each browser in which the person has signed in has attempts of its own, so that strangers cannot lock
# the person out of it.
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 30, 10)
SIGN_IN_BY_NAME = Limit("sign-in-name", 10, 10)
SIGN_IN_BY_KNOWN_BROWSER = Limit("sign-in-known", 10, 10)
# For a person who is signed in or has passed the password step: passwords, correct ones too, and wrong codes. Counted
# by person or by known browser.
PASSWORD_AGAIN = Limit("password-again", 10, 10)
CODE = Limit("code", 10, 10)
RECOVERY_CODE = Limit("recovery-code", 10, 10)
PASSKEY = Limit("passkey", 30, 10)
PROVIDER = Limit("provider", 60, 10)
SIGN_UP = Limit("sign-up", 20, 60)
# Password checks, correct ones too: each takes a fifth of a second of processor time. The first limit bounds how many
# checks of one visitor occupy threads at the same time.
PASSWORDS_AT_ONCE = Limit("passwords-at-once", 12, 1 / 6)
PASSWORDS = Limit("passwords", 60, 10)
# All known browsers at one address together: a person can sign in with any number of browsers, each of which has
# password checks of its own.
KNOWN_BROWSERS_AT_ONCE = Limit("known-browsers-at-once", 36, 1 / 6)
# Mails to unconfirmed addresses: to one mailbox, by one person, from one client address. That of a person counts
# reminders by e-mail that they ask for, too.
MAIL = Limit("mail", 5, 60)
MAIL_A_DAY = Limit("mail-day", 10, 24 * 60)
MAIL_BY_PERSON = Limit("mail-person", 5, 60)
MAIL_BY_ADDRESS = Limit("mail-address", 20, 60)
# Mails to a confirmed address about one kind of event.
MAIL_OF_EVENT = Limit("mail-event", 5, 60)
# Each export reads and decrypts everything that the person has written.
EXPORT = Limit("export", 10, 60)
# Requests for one person's calendar feed. Calendars ask every five minutes at most: enough for five of them.
FEED = Limit("feed", 60, 60)
# PDFs of reports that a person makes: each takes some tenths of a second.
REPORT_PDF = Limit("report-pdf", 60, 60)
# Tables of charts that a person downloads: each reads a period of any length.
TREND_CSV = Limit("trend-csv", 60, 60)
# Links to reports: those that a person makes; wrong tokens from one client address; openings by one link; passphrases
# from one client address, correct ones too, since each takes a fifth of a second; wrong passphrases for one link, from
# one client address and from all together. The last is looser: a stranger alone does not lock out the readers.
REPORT_LINK = Limit("report-link", 20, 60)
REPORT_TOKEN_BY_ADDRESS = Limit("report-token-address", 30, 10)
REPORT_OPENING = Limit("report-opening", 60, 60)
REPORT_PASSPHRASE = Limit("report-passphrase", 10, 10)
REPORT_PASSPHRASE_OF_LINK = Limit("report-passphrase-link", 100, 60)
REPORT_PASSPHRASE_BY_ADDRESS = Limit("report-passphrase-address", 30, 10)

# Providers assign up to a /48 of IPv6 to one customer, which contains 65,536 networks of a /64.
ADDRESSES_OF_A_PREFIX = 4
# Expired rows deleted with the first attempt of a subject: more than one subject can have.
MAX_DELETED = 200


class RateLimitExceeded(Exception):
    """Answered with a page with status 429 that says when to try again."""

    def __init__(self, seconds: float, limit: Limit | None = None, consumed: Iterable[str] = ()):
        super().__init__("too many attempts")
        self.seconds, self.limit, self.consumed = max(1, round(seconds)), limit, list(consumed)

    @property
    def minutes(self) -> int:
        """Minutes to wait, rounded up."""
        return -(-self.seconds // 60)


def consume(limit: Limit, subject: str) -> str:
    """Consume one attempt of the subject. Returns its key for refund(). Raises RateLimitExceeded."""
    return consume_all([(limit, subject)])[0]


def consume_all(limits: list[tuple[Limit, str]]) -> list[str]:
    """Consume one attempt of each (limit, subject). Returns their keys for refund().

    Raises RateLimitExceeded at the first limit that is used up; attempts consumed before it stay consumed. An attempt
    is a row that expires. Of parallel requests that claim the same row one succeeds, so that parallel requests get no
    additional attempts.
    """
    prefixes = [f"{limit.name}:{keyed_hash(subject)}" for limit, subject in limits]
    if not settings.RATE_LIMITS_ENABLED:
        return [f"{prefix}:uncounted" for prefix in prefixes]
    slots = [
        [f"{prefix}:{number}" for number in range(limit.attempts)]
        for (limit, _subject), prefix in zip(limits, prefixes, strict=True)
    ]
    expiries = Throttle.objects.expiry_times(sum(slots, []))
    consumed: list[str] = []
    for (limit, _subject), keys in zip(limits, slots, strict=True):
        if key := next((key for key in keys if key not in expiries and claim(key, limit)), None):
            consumed.append(key)
        else:
            raise RateLimitExceeded(seconds_until_free(limit, keys, expiries), limit, consumed)
    if any(key == keys[0] for key, keys in zip(consumed, slots, strict=True)):
        Throttle.objects.delete_expired(MAX_DELETED)
    return consumed


def claim(key: str, limit: Limit) -> bool:
    return Throttle.objects.claim(key, limit.minutes * 60)


def seconds_until_free(limit: Limit, keys: list[str], expiries: dict) -> float:
    first = min((expiries[key] for key in keys if key in expiries), default=None)
    return (first - timezone.now()).total_seconds() if first else limit.minutes * 60


def limits_of_address(limit: Limit, address: str) -> list[tuple[Limit, str]]:
    """The limits that apply to a client address: its own, and that of its /48 if it is an IPv6 address."""
    prefix = provider_prefix(address)
    of_prefix = replace(limit, name=f"{limit.name}-48", attempts=limit.attempts * ADDRESSES_OF_A_PREFIX)
    return [(limit, address), *([(of_prefix, prefix)] if prefix else [])]


def consume_for_address(limit: Limit, address: str) -> list[str]:
    """Consume one attempt of a client address. Raises RateLimitExceeded."""
    return consume_all(limits_of_address(limit, address))


def provider_prefix(address: str) -> str:
    """The /48 of an IPv6 address; an empty text for anything else."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    return str(ipaddress.ip_network((found, 48), strict=False)) if found.version == 6 else ""


def refund(keys: list[str]):
    """Delete consumed attempts: successful ones do not count."""
    Throttle.objects.filter(pk__in=keys).delete()


def claim_once(text: str, seconds: int) -> bool:
    """Claim the text for this many seconds. Returns whether it was free."""
    return Throttle.objects.claim(f"once:{keyed_hash(text)}", seconds)


def keyed_hash(text: str) -> str:
    """HMAC of the text: names and addresses in a copy of the table cannot be found by trying all candidates."""
    return salted_hmac("accounts.rate_limits", text.encode(errors="replace"), algorithm="sha256").hexdigest()


def consume_sign_in(request, username_key: str, address: str) -> list[str]:
    """Consume one attempt to sign in, and count one password check. Returns the keys of the attempt for refund().

    Runs the same statements for names that exist and names that do not. Raises RateLimitExceeded; if the limit of
    password checks is exceeded, the attempt is refunded, since no password was checked.
    """
    if browser := known_browsers.find(request, username_key):
        attempts = [(SIGN_IN_BY_KNOWN_BROWSER, str(browser.pk))]
        subject, of_all_browsers = f"browser {browser.pk}", [(KNOWN_BROWSERS_AT_ONCE, address)]
    else:
        attempts = [*limits_of_address(SIGN_IN_BY_ADDRESS, address), (SIGN_IN_BY_NAME, username_key)]
        subject, of_all_browsers = f"address {address}", []
    checks = [(PASSWORDS_AT_ONCE, subject), (PASSWORDS, subject), *of_all_browsers]
    try:
        return consume_all([*attempts, *checks])[: len(attempts)]
    except RateLimitExceeded as error:
        if len(error.consumed) >= len(attempts):
            refund(error.consumed[: len(attempts)])
        raise


def consume_for_person(limit: Limit, request, person) -> str:
    """Consume one attempt of a person who has given their password: counted per browser in a known browser."""
    browser = known_browsers.find(request, person.username_key)
    return consume(limit, f"browser {browser.pk}" if browser else str(person.pk))


def consume_code(request, person, code: str) -> str:
    """Consume one attempt of the second factor. Codes of an app and recovery codes are counted apart."""
    is_of_app = len(code) == mfa_settings.TOTP_DIGITS
    return consume_for_person(CODE if is_of_app else RECOVERY_CODE, request, person)
