"""Reminders by e-mail, to the address that the person confirmed and chose.

One mail is one attempt: what happens after the text was handed over is unknown, and sending again could double it.
"""

import smtplib

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.signing import Signer
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy as lazy

from accounts.emails import verified_email
from accounts.models import User
from brainlog.database.retry import retry_on_conflict
from brainlog.origin import trusted_origin
from reminders.channels import ChannelKind, Message, SendingError, register
from reminders.models import Channel
from reminders.smtp_client import mail_connection

SALT = "reminders.email"
# All mails are handed to one server, whose name is the operator's business.
DESTINATION = "mail"
# One e-mail channel a person: reminder_channel_once.
ADDRESS_KEY = "email"


@register
class EmailKind(ChannelKind):
    """Sends mails by the mail server of the settings, which has 10 seconds for a whole mail."""

    slug = Channel.Kind.EMAIL
    title = lazy("E-mail")
    # The section of the page of channels that adds it.
    template = "reminders/_email.html"

    def is_configured(self) -> bool:
        return settings.HAS_EMAIL

    def prepare(self, channel: Channel) -> None:
        if not isinstance(channel.address, str):
            raise SendingError("unreadable")  # Its key is missing: the address may still be right.
        if channel.address != verified_email(channel.user):
            raise SendingError("unconfirmed")  # The row stays: the page asks to add the address again.

    def send(self, channel: Channel, message: Message) -> None:
        try:
            mail_connection().send_messages([mail_of(channel, message)])
        except (OSError, UnicodeError) as error:  # UnicodeError: the domain has no form in ASCII.
            raise SendingError(code_of(error)) from error

    def more(self, request) -> dict:
        """What its section shows: the confirmed address, and whether reminders are sent to it."""
        channel = Channel.objects.filter(user=request.user, kind=Channel.Kind.EMAIL).first()
        address = verified_email(request.user)
        is_on = channel is not None and channel.address == address
        return {"address": address, "is_on": is_on, "has_stopped": channel is not None and not is_on}

    def explain(self, code: str) -> str:
        """Say what a failure means and what to do, in words for the person."""
        if code.startswith("refused ") or code == "address":
            return _("The mail server does not accept mails to your address. Please look whether it is right.")
        if code.startswith("smtp 5"):
            return _("The mail server does not accept the mails of this server. Please tell its operator.")
        if code == "unconfirmed":
            return _("This is not your confirmed address any more. Please add your address again.")
        if code == "unreadable":
            return _("What is stored here cannot be read. Please remove it, and add it again.")
        return _("The mail server cannot be reached just now. The next reminder tries again.")


def mail_of(channel: Channel, message: Message) -> EmailMessage:
    """The mail of a reminder. Its subject is neutral whatever the words: it is shown where the text is not."""
    origin = trusted_origin()
    off = origin + reverse("reminders:email_off", args=[off_token(channel)])
    context = {"title": message.title, "body": message.body, "link": origin + message.path, "off": off}
    subject, _newline, text = render_to_string("reminders/mail.txt", context).partition("\n")
    headers = {"Auto-Submitted": "auto-generated"}
    if off.startswith("https://"):  # RFC 8058 allows no other.
        headers |= {"List-Unsubscribe": f"<{off}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    return EmailMessage(subject.strip(), text.strip() + "\n", None, [channel.address], headers=headers)


def code_of(error: OSError | UnicodeError) -> str:
    """A word for an error, without the server's text: it contains the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        status = next(iter(error.recipients.values()))[0]
        return f"refused {status}" if status >= 500 else f"smtp {status}"  # 4xx: the server asks to try later.
    if isinstance(error, smtplib.SMTPResponseException):
        return f"smtp {error.smtp_code}"
    if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
        return "timeout"
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "disconnected"
    return "address" if isinstance(error, UnicodeError) else "unreachable"


# ── Switching it on and off ───────────────────────────────────────────────────────────────────────


@retry_on_conflict
def switch_on(person: User, address: str) -> bool:
    """Remind a person at an address of theirs. Returns False if they have as many channels as there can be.

    A channel with a former address is replaced: the links in mails to that switch off nothing any more.
    """
    User.objects.select_for_update().get(pk=person.pk)  # Two requests together must not exceed the limit.
    channels = Channel.objects.filter(user=person)
    stored = channels.filter(kind=Channel.Kind.EMAIL).first()
    if stored is not None and stored.address == address:
        return True
    channels.filter(kind=Channel.Kind.EMAIL).delete()
    if channels.count() >= Channel.MOST_PER_PERSON:
        return False
    Channel.objects.create(
        user=person, kind=Channel.Kind.EMAIL, destination=DESTINATION, address=address, address_key=ADDRESS_KEY
    )
    return True


@retry_on_conflict
def switch_off(token: str) -> None:
    """Remove the e-mail channel that a token names, if there is one still. Raises BadSignature for a forged token."""
    channels_of_token(token).delete()


def off_token(channel: Channel) -> str:
    """The token of the link that switches off a channel. It is valid as long as there is that channel."""
    return Signer(salt=SALT).sign_object([channel.user_id, channel.uuid.hex])


def channels_of_token(token: str):
    """The e-mail channel of a token, or none. Raises BadSignature for a forged token."""
    user, uuid = Signer(salt=SALT).unsign_object(token)
    return Channel.objects.filter(user=user, uuid=uuid, kind=Channel.Kind.EMAIL)
