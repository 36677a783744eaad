"""Sending the mails of templates/accounts/mail/, and the confirmed addresses they go to."""

import logging
from contextlib import suppress
from urllib.parse import urlsplit

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse

from accounts import rate_limits
from accounts.models import SecurityEvent, User
from brainlog.origin import trusted_origin

Kind = SecurityEvent.Kind

# Events that decide who can log in, or that export or delete everything. The person gets a mail outside of the site,
# where an attacker who is logged in cannot suppress it.
NOTIFIED_KINDS = {
    *(Kind.PASSWORD_CHANGED, Kind.PASSWORD_RESET, Kind.RESET_LINK_MADE, Kind.EMAIL_CHANGED),
    *(Kind.USERNAME_CHANGED, Kind.RIGHTS_CHANGED),
    *(Kind.APP_ON, Kind.APP_OFF, Kind.PASSKEY_ADDED, Kind.PASSKEY_REMOVED, Kind.CODE_USED, Kind.SECOND_FACTOR_OFF),
    Kind.PASSKEY_REFUSED,
    *(Kind.PROVIDER_ADDED, Kind.PROVIDER_REMOVED, Kind.EXPORTED, Kind.WIPED),
    Kind.REPORT_LINK_MADE,
}

log = logging.getLogger(__name__)


def send_template(name: str, to: str, request=None, **context) -> bool:
    """Send the mail of a template; commands pass no request. Returns whether the mail server accepted it."""
    context |= {"host": urlsplit(trusted_origin(request)).netloc}
    subject, _newline, text = render_to_string(f"accounts/mail/{name}.txt", context).partition("\n")
    try:
        send_mail(subject.strip(), text.strip() + "\n", None, [to])
    except (OSError, UnicodeError) as error:  # UnicodeError: the domain has no form in ASCII.
        # The error's text is not logged: an SMTP server's answer contains the address.
        log.error("A mail could not be sent: %s", type(error).__name__)
        return False
    return True


def verified_email(person: User) -> str:
    """The confirmed address of the person, or an empty text."""
    return EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True).first() or ""


def verified_emails(people) -> list[str]:
    """The confirmed addresses of these people."""
    return list(EmailAddress.objects.filter(user__in=people, verified=True).values_list("email", flat=True))


def send_security_notice(event: SecurityEvent, person: User, request=None):
    """Mail the person about the event, at the confirmed address: after a change of address, still the former one.

    Mails about one kind of event are limited, so that a script cannot have any number of them sent and use up the
    quota of the mail server. The page that each mail links to lists all events.
    """
    if event.kind not in NOTIFIED_KINDS or not settings.HAS_EMAIL or not (address := verified_email(person)):
        return
    with suppress(rate_limits.RateLimitExceeded):
        rate_limits.consume(rate_limits.MAIL_OF_EVENT, f"{event.kind} {person.pk}")
        page = trusted_origin(request) + reverse("accounts:events")
        send_template("security_notice", address, request, what=event.description, address=page)


def send_deletion_notices(addresses: list[str], request=None):
    """Mail people whose account was deleted. The addresses are read beforehand: they are deleted with the account."""
    for address in addresses if settings.HAS_EMAIL else ():
        send_template("deleted", address, request)
