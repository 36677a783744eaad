"""The mails of templates/accounts/mail/, and the confirmed address they go to."""

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

# What decides who gets in, and what takes everything along or away. Whoever did not do it has to hear of it where
# the one who did cannot see to it.
NOTIFIED_KINDS = {
    *(Kind.PASSWORD_CHANGED, Kind.PASSWORD_RESET, Kind.RESET_LINK_MADE, Kind.EMAIL_CHANGED),
    *(Kind.USERNAME_CHANGED, Kind.RIGHTS_CHANGED),
    *(Kind.APP_ON, Kind.APP_OFF, Kind.PASSKEY_ADDED, Kind.PASSKEY_REMOVED, Kind.CODE_USED, Kind.SECOND_FACTOR_OFF),
    Kind.PASSKEY_REFUSED,
    *(Kind.PROVIDER_ADDED, Kind.PROVIDER_REMOVED, Kind.EXPORTED, Kind.WIPED),
}

log = logging.getLogger(__name__)


def send_template(name: str, to: str, request=None, **context) -> bool:
    """Send one of the mails; a command has no request. Returns whether the mail server took it."""
    context |= {"host": urlsplit(trusted_origin(request)).netloc}
    subject, _newline, text = render_to_string(f"accounts/mail/{name}.txt", context).partition("\n")
    try:
        send_mail(subject.strip(), text.strip() + "\n", None, [to])
    except (OSError, UnicodeError) as error:  # A domain without a form in ASCII cannot be written into a mail.
        # What an SMTP server says names the person's address.
        log.error("A mail could not be sent: %s", type(error).__name__)
        return False
    return True


def verified_email(person: User) -> str:
    """The address that the person has proved to read, or an empty text."""
    return EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True).first() or ""


def verified_emails(people) -> list[str]:
    """The addresses that these people have proved to read."""
    return list(EmailAddress.objects.filter(user__in=people, verified=True).values_list("email", flat=True))


def send_security_notice(event: SecurityEvent, person: User, request=None):
    """Mail the person that this happened, if there is an address; of a new address, the old one hears.

    Of one kind, only the first few in an hour: a program could have any number sent, and a mail server takes no more
    than so many. All of them are in the list that each mail leads to.
    """
    if event.kind not in NOTIFIED_KINDS or not settings.HAS_EMAIL or not (address := verified_email(person)):
        return
    with suppress(rate_limits.RateLimitExceeded):
        rate_limits.consume(rate_limits.MAIL_OF_EVENT, f"{event.kind} {person.pk}")
        page = trusted_origin(request) + reverse("accounts:events")
        send_template("happened", address, request, what=event.description, address=page)


def send_deletion_notices(addresses: list[str], request=None):
    """Mail those whose account was deleted: their addresses are read before, for they go with it."""
    for address in addresses if settings.HAS_EMAIL else ():
        send_template("deleted", address, request)
