"""ntfy and Gotify: servers that the operator names in REMINDER_SERVERS, which pass messages on to a person's phone.

A person chooses one of those servers and gives the topic or token of their own. No other host is ever asked.
"""

import json
from collections.abc import Iterable

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext, gettext_lazy as _

from brainlog.forms import Selection, TextBox, require_whole_characters
from brainlog.origin import trusted_origin
from brainlog.reminder_servers import Origin
from reminders import http_client
from reminders.channel_forms import ChannelForm
from reminders.channels import ChannelKind, Message, SendingError, details_of, explain, register
from reminders.models import Channel

# Of the notification on the phone, where 1 to 5 (ntfy) and 0 to 10 (Gotify) are possible: with a sound.
NTFY_PRIORITY, GOTIFY_PRIORITY = 4, 8

SECRET = {"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}
is_topic = RegexValidator(
    r"\A[A-Za-z0-9_-]{1,64}\Z", _("A topic has at most 64 letters, digits, - and _, such as it is in the ntfy app.")
)
# A token is sent as a header: nothing in it may end one.
is_token = RegexValidator(r"\A[A-Za-z0-9._~+/=-]{1,200}\Z", _("A token has letters and digits, and no spaces."))


class ServerKind(ChannelKind):
    """A kind of server. Subclasses know its API."""

    template = "reminders/_add_server.html"
    name: str
    path: str

    def origins(self) -> list[Origin]:
        return [server.origin for server in settings.REMINDER_SERVERS if server.kind == self.slug]

    def is_configured(self) -> bool:
        return bool(self.origins())

    def headers(self, details: dict) -> dict[str, str]:
        """The headers that authenticate."""
        raise NotImplementedError

    def content(self, message: Message, details: dict) -> dict:
        raise NotImplementedError

    def send(self, channel, message):
        details = details_of(channel)
        origin = next((each for each in self.origins() if str(each) == details["server"]), None)
        if origin is None:
            raise SendingError("not allowed")  # The operator names this server no more.
        headers = {"Content-Type": "application/json"} | self.headers(details)
        body = json.dumps(self.content(message, details)).encode()
        answer = http_client.post(origin, self.path, headers, body, is_named=True, reads_body=True)
        if answer.status != 200:
            raise SendingError(f"http {answer.status}")
        if not has_id(answer.body):
            raise SendingError("another server")  # Such as the login page of a proxy before it.

    def explain(self, code):
        if code in {"http 401", "http 403"}:
            return gettext("The server does not accept the topic or the token. Please remove it, and add it again.")
        if code == "not allowed":
            return gettext("The operator has removed that server. You can remove it here too.")
        return explain(code)


def has_id(body: bytes) -> bool:
    """Whether it is the answer of ntfy or Gotify, which is the message with its id."""
    try:
        return "id" in json.loads(body)
    except (ValueError, TypeError, RecursionError):
        return False


def words(message: Message) -> dict[str, str]:
    """Both servers need a text. What stands in for a missing title is the name of the topic or application."""
    return {"title": message.title, "message": message.body} if message.body else {"message": message.title}


@register
class NtfyKind(ServerKind):
    slug = Channel.Kind.NTFY
    title, name = _("By ntfy"), "ntfy"
    path = "/"

    @property
    def form_class(self):
        return NtfyForm

    def headers(self, details):
        return {"Authorization": f"Bearer {details['token']}"} if details["token"] else {}

    def content(self, message, details):
        click = f"{trusted_origin()}{message.path}"
        return words(message) | {"topic": details["topic"], "click": click, "priority": NTFY_PRIORITY}


@register
class GotifyKind(ServerKind):
    slug = Channel.Kind.GOTIFY
    title, name = _("By Gotify"), "Gotify"
    path = "/message"

    @property
    def form_class(self):
        return GotifyForm

    def headers(self, details):
        return {"X-Gotify-Key": details["token"]}

    def content(self, message, details):
        click = {"client::notification": {"click": {"url": f"{trusted_origin()}{message.path}"}}}
        return words(message) | {"priority": GOTIFY_PRIORITY, "extras": click}


# ── Adding one ────────────────────────────────────────────────────────────────────────────────────


class ServerForm(ChannelForm):
    server = forms.ChoiceField(label=_("Server"), widget=Selection)

    def __init__(self, data=None, *, request):
        super().__init__(data, request=request)
        origins = [server.origin for server in settings.REMINDER_SERVERS if server.kind == self.prefix]
        self.fields["server"].choices = [(str(origin), origin.netloc) for origin in origins]

    def save(self):
        details = {name: self.cleaned_data[name] for name in self.address_fields}
        host = next(text for value, text in self.fields["server"].choices if value == details["server"])
        return Channel.objects.add(
            self.person,
            self.prefix,
            key_of(self.person.pk, details.values()),
            destination=host[:253],
            label=self.cleaned_data["label"] or host[:100],
            address=json.dumps(details),
        )


def label_field():
    return forms.CharField(
        label=_("Name, if you like"),
        max_length=100,
        required=False,
        widget=TextBox(attrs={"autocomplete": "off"}),
        validators=[require_whole_characters],
    )


class NtfyForm(ServerForm):
    prefix = Channel.Kind.NTFY.value
    address_fields = ("server", "topic", "token")
    topic = forms.CharField(
        label=_("Topic"),
        max_length=64,
        widget=TextBox(attrs=SECRET),
        validators=[is_topic],
        help_text=_("Of your own, and hard to guess: everyone who knows it can read along."),
    )
    token = forms.CharField(
        label=_("Access token, if the server wants one"),
        max_length=200,
        required=False,
        widget=TextBox(attrs=SECRET),
        validators=[is_token],
    )
    label = label_field()


class GotifyForm(ServerForm):
    prefix = Channel.Kind.GOTIFY.value
    address_fields = ("server", "token")
    token = forms.CharField(
        label=_("Token of the application"),
        max_length=200,
        widget=TextBox(attrs=SECRET),
        validators=[is_token],
        help_text=_("Gotify shows it under “Apps”, once you have made one there."),
    )
    label = label_field()


def key_of(person: int, values: Iterable[str]) -> str:
    """Keyed hash of a topic or token: a topic could be guessed."""
    text = json.dumps([person, *values])
    return salted_hmac("reminders.channel", text, algorithm="sha256").hexdigest()
