"""Passkeys: allauth's forms and views with our limits and checks."""

import json
import logging
import struct
import time
from contextlib import contextmanager

from allauth.account.utils import user_pk_to_url_str
from allauth.core import context
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn import forms as passkey_forms, views as passkey_views
from allauth.mfa.webauthn.internal import auth as ceremonies
from cryptography.exceptions import InvalidSignature
from django import forms
from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _
from fido2.utils import websafe_decode
from fido2.webauthn import AuthenticatorData, CollectedClientData

from accounts import rate_limits, security_events
from accounts.reauthentication import NewFactorConfirmsMixin
from encryption import mfa_secrets
from encryption.cipher import CannotDecryptError

log = logging.getLogger(__name__)

# How long a challenge is valid.
CHALLENGE_SECONDS = 10 * 60
# Characters of a credential in JSON.
MAX_CREDENTIAL_LENGTH = 60_000
MAX_PASSKEYS = 20  # Per person.


@contextmanager
def reject_malformed_credential():
    """Turn the errors of parsing a credential, which is untrusted binary data, into a validation error."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, struct.error, InvalidSignature) as error:
        raise get_adapter().validation_error("incorrect_code") from error


def only_known_texts(credential: dict) -> dict:
    """Copy the known parts of a credential, and raise ValueError unless they are texts of bounded length.

    fido2 interprets a number in place of bytes as their length: one request could exhaust the memory.
    """

    def text(value) -> str:
        if not isinstance(value, str) or len(value) > 20_000 or not value.isascii():
            raise ValueError("not a base64 text, or too long")
        return value

    names = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
    return {
        **{name: text(credential[name]) for name in ("id", "rawId", "type")},
        "response": {name: text(credential["response"][name]) for name in names if name in credential["response"]},
        "clientExtensionResults": {"credProps": {"rk": True}},  # Only discoverable credentials are accepted.
    }


class CredentialField(forms.JSONField):
    """A WebAuthn credential as JSON. Parsed once, and never sent back to the browser."""

    widget = forms.HiddenInput

    def __init__(self, **options):
        super().__init__(**options)
        self.max_length = MAX_CREDENTIAL_LENGTH

    def to_python(self, value):
        if isinstance(value, str) and len(value) > self.max_length:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:  # Nested too deeply; a number that is too long.
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data, initial):
        return initial


def bind_challenge(request, purpose: str, person=None):
    """Bind the challenge, which allauth has just stored in the session, to a purpose, a person and an expiry."""
    request.session[ceremonies.STATE_SESSION_KEY] |= {
        "purpose": purpose,
        "person": person and person.pk,
        "until": time.time() + CHALLENGE_SECONDS,
    }


def page_origin(request) -> str:
    """The origin of our pages in the form of browsers, without the default port of the scheme."""
    default_port = {"https": ":443", "http": ":80"}[request.scheme]
    return f"{request.scheme}://{request.get_host().lower().removesuffix(default_port)}"


def check_client_data(credential: dict, purpose: str, person):
    """Raise ValueError unless the response is from our origin and is the first to a challenge of this purpose.

    fido2 compares the challenge itself, but accepts origins of subdomains.
    """
    client = CollectedClientData(websafe_decode(credential["response"]["clientDataJSON"]))
    if client.origin != page_origin(context.request) or client.cross_origin:
        raise ValueError("another origin")
    challenge = ceremonies.get_state() or {}
    is_for_this = (challenge["purpose"], challenge["person"]) == (purpose, person and person.pk)
    if not is_for_this or challenge["until"] < time.time():
        raise ValueError("another challenge, or an expired one")
    handle = credential["response"].get("userHandle")
    if handle and person and websafe_decode(handle).decode() != user_pk_to_url_str(person):
        raise ValueError("the passkey of another person")
    if not rate_limits.claim_once(f"answer to {challenge['challenge']}", CHALLENGE_SECONDS):
        raise ValueError("answered already")


def advance_sign_count(passkey: Authenticator, counter: int) -> bool:
    """Store the signature counter if it has increased. Returns False if it has not, which indicates a cloned passkey.

    Devices without a counter always send 0, which is accepted.
    """
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=passkey.pk)
        last = row.data.get("sign_count", row.wrap().authenticator_data.counter)
        if counter <= last and (counter or last):
            return False
        if counter:
            row.data["sign_count"] = counter
            row.save(update_fields=["data"])
    return True


class PasskeyForm(passkey_forms.AuthenticateWebAuthnForm):
    credential = CredentialField()
    purpose = "second factor"

    @reject_malformed_credential()
    def clean_credential(self):
        credential = self.cleaned_data["credential"] = only_known_texts(self.cleaned_data["credential"])
        try:
            check_client_data(credential, self.purpose, self.user)
            passkey = super().clean_credential()
        finally:
            ceremonies.clear_state()
        counter = AuthenticatorData(websafe_decode(credential["response"]["authenticatorData"])).counter
        if not self.is_bound_to_owner(passkey) or not advance_sign_count(passkey, counter):
            security_events.record_refused_attempt(
                security_events.Kind.PASSKEY_REFUSED, passkey.user.username_key, context.request
            )
            raise get_adapter().validation_error("incorrect_code")
        return passkey

    def is_bound_to_owner(self, passkey: Authenticator) -> bool:
        """Whether the seal of the row is valid: it was written by this application, for this person."""
        try:
            mfa_secrets.check_seal(passkey)
        except CannotDecryptError as error:
            log.error("Passkey %s is refused: %s.", passkey.pk, error)
            return False
        return True


class PasskeyReauthenticationForm(PasskeyForm, passkey_forms.ReauthenticateWebAuthnForm):
    purpose = "confirm"


class PasskeyLoginForm(PasskeyForm, passkey_forms.LoginWebAuthnForm):
    purpose = "login"


class AddPasskeyForm(passkey_forms.AddWebAuthnForm):
    """A passkey is enough to log in, so user verification (finger, face or PIN) is always required."""

    passwordless = None
    credential = CredentialField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("A name for it")
        self.fields["name"].max_length = 50  # Longer names are truncated, see clean_name.
        self.fields["name"].widget.attrs["maxlength"] = 50

    def clean_name(self):
        return super().clean_name()[:50]

    @reject_malformed_credential()
    def clean_credential(self):
        credential = only_known_texts(self.cleaned_data["credential"])
        check_client_data(credential, "add", self.user)
        return credential

    @reject_malformed_credential()
    def clean(self):
        self.cleaned_data["passwordless"] = True
        try:
            cleaned = super().clean()
        finally:
            ceremonies.clear_state()
        if credential := cleaned.get("credential"):
            known = ceremonies.get_credentials(self.user)
            if websafe_decode(credential["rawId"]) in {each.credential_id for each in known}:
                raise forms.ValidationError(_("You have added this passkey already."), code="known")
        return cleaned


class PasskeyOptionsMixin:
    """Passes the WebAuthn options to static/js/passkeys.js."""

    purpose: str

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        bind_challenge(self.request, self.purpose, self.get_person())
        # allauth replaces a refused form by a new one and validates it against the new challenge: kwargs restore it.
        return context | kwargs | {"options": json.dumps(context["js_data"], cls=DjangoJSONEncoder)}

    def get_person(self):
        return self.request.user


class AddPasskeyView(NewFactorConfirmsMixin, PasskeyOptionsMixin, passkey_views.AddWebAuthnView):
    template_name = "accounts/passkey_add.html"
    factor = Authenticator.Type.WEBAUTHN
    purpose = "add"

    def get(self, request, *args, **kwargs):
        return self.refuse_if_full(request) or super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        return self.refuse_if_full(request) or super().post(request, *args, **kwargs)

    def refuse_if_full(self, request):
        """Redirect to the list if the person has the maximum number of passkeys."""
        if request.user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN).count() < MAX_PASSKEYS:
            return None
        text = gettext(
            "You have %(count)d passkeys, the most there can be. Please remove one that you do not use first."
        )
        messages.error(request, text % {"count": MAX_PASSKEYS})
        return redirect("accounts:second_factor")


class RemovePasskeyView(passkey_views.RemoveWebAuthnView):
    template_name = "accounts/passkey_remove.html"
    success_url = reverse_lazy("accounts:second_factor")


class PasskeyLoginView(passkey_views.LoginWebAuthnView):
    """Keeps a visitor's challenge in a signed cookie, so that a GET writes nothing. It is valid once, for minutes."""

    SALT = "accounts.passkey_login"

    def get(self, request, *args, **kwargs):
        response = super().get(request, *args, **kwargs)
        if ceremonies.STATE_SESSION_KEY in request.session:
            bind_challenge(request, PasskeyLoginForm.purpose)
            state = request.session.pop(ceremonies.STATE_SESSION_KEY)
            response.set_cookie(
                settings.PASSKEY_COOKIE_NAME,
                signing.dumps(state, salt=self.SALT),
                max_age=CHALLENGE_SECONDS,
                secure=settings.SESSION_COOKIE_SECURE,
                httponly=True,
                samesite="Strict",
            )
        response.headers["Cache-Control"] = "no-store, private"
        return response

    def post(self, request, *args, **kwargs):
        rate_limits.consume_for_address(rate_limits.PASSKEY, ratelimit.get_ip(request))
        request.session[ceremonies.STATE_SESSION_KEY] = self.claim_challenge(request)
        try:
            response = super().post(request, *args, **kwargs)
        finally:
            request.session.pop(ceremonies.STATE_SESSION_KEY, None)
        response.delete_cookie(settings.PASSKEY_COOKIE_NAME, samesite="Strict")
        return response

    def claim_challenge(self, request) -> dict | None:
        """The challenge of this browser, if it is valid and has not been used."""
        try:
            cookie = request.COOKIES.get(settings.PASSKEY_COOKIE_NAME, "")
            state = signing.loads(cookie, salt=self.SALT, max_age=CHALLENGE_SECONDS)
        except signing.BadSignature:
            return None
        is_first = rate_limits.claim_once(f"passkey {state['challenge']}", CHALLENGE_SECONDS)
        return state if is_first else None


class PasskeyReauthenticationView(PasskeyOptionsMixin, passkey_views.ReauthenticateWebAuthnView):
    template_name = "accounts/confirm.html"
    purpose = PasskeyReauthenticationForm.purpose

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form))
