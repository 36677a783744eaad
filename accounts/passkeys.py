"""Passkeys: allauth's forms and pages in our design and with our limits."""

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

# How long a passkey may take to answer.
CHALLENGE_SECONDS = 10 * 60
# Bytes of what a device says of a passkey.
MAX_CREDENTIAL_LENGTH = 60_000
MAX_PASSKEYS = 20  # of a person


@contextmanager
def reject_malformed_credential():
    """What a device says is taken apart byte by byte; what breaks on the way was no passkey."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, struct.error, InvalidSignature) as error:
        raise get_adapter().validation_error("incorrect_code") from error


def only_known_texts(credential: dict) -> dict:
    """What a passkey says, in the parts that we know and as text alone.

    fido2 takes a number, where bytes belong, for their length: one request would use up all memory.
    """

    def text(value) -> str:
        if not isinstance(value, str) or len(value) > 20_000 or not value.isascii():
            raise ValueError("not a text in base64, or far too long")
        return value

    names = ("clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle")
    return {
        **{name: text(credential[name]) for name in ("id", "rawId", "type")},
        "response": {name: text(credential["response"][name]) for name in names if name in credential["response"]},
        "clientExtensionResults": {"credProps": {"rk": True}},  # We take no other passkeys.
    }


class CredentialField(forms.JSONField):
    """What a device says of a passkey, as JSON. It is taken apart once, and never sent back."""

    widget = forms.HiddenInput

    def __init__(self, **options):
        super().__init__(**options)
        self.max_length = MAX_CREDENTIAL_LENGTH

    def to_python(self, value):
        if isinstance(value, str) and len(value) > self.max_length:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:  # nested without end; a number without end
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data, initial):
        return initial


def bind_challenge(request, purpose: str, person=None):
    """Note what the challenge is for, for whom and until when. allauth has just put it into the session."""
    request.session[ceremonies.STATE_SESSION_KEY] |= {
        "purpose": purpose,
        "person": person and person.pk,
        "until": time.time() + CHALLENGE_SECONDS,
    }


def page_origin(request) -> str:
    """The origin of our pages, as browsers write it: without the port that every site of the scheme has."""
    usual = {"https": ":443", "http": ":80"}[request.scheme]
    return f"{request.scheme}://{request.get_host().lower().removesuffix(usual)}"


def check_client_data(credential: dict, purpose: str, person):
    """Raise ValueError unless this comes from a page of ours and answers the challenge of this purpose, once.

    fido2 compares the challenge itself, but takes what pages of subdomains say.
    """
    client = CollectedClientData(websafe_decode(credential["response"]["clientDataJSON"]))
    if client.origin != page_origin(context.request) or client.cross_origin:
        raise ValueError("another origin")
    asked = ceremonies.get_state() or {}
    if (asked["purpose"], asked["person"]) != (purpose, person and person.pk) or asked["until"] < time.time():
        raise ValueError("another question, or an old one")
    handle = credential["response"].get("userHandle")
    if handle and person and websafe_decode(handle).decode() != user_pk_to_url_str(person):
        raise ValueError("the passkey of another person")
    if not rate_limits.claim_once(f"answer to {asked['challenge']}", CHALLENGE_SECONDS):
        raise ValueError("answered already")


def advance_sign_count(passkey: Authenticator, counter: int) -> bool:
    """Store how often the passkey was used. Devices that do not count always say 0.

    A counter that stays or goes back is that of a copy, or the copy has been here before.
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
        if not self.is_of_its_person(passkey) or not advance_sign_count(passkey, counter):
            security_events.record_refused_attempt(
                security_events.Kind.PASSKEY_REFUSED, passkey.user.username_key, context.request
            )
            raise get_adapter().validation_error("incorrect_code")
        return passkey

    def is_of_its_person(self, passkey: Authenticator) -> bool:
        try:
            mfa_secrets.check_seal(passkey)
        except CannotDecryptError as error:
            log.error("Passkey %s is not taken: %s.", passkey.pk, error)
            return False
        return True


class PasskeyReauthenticationForm(PasskeyForm, passkey_forms.ReauthenticateWebAuthnForm):
    purpose = "confirm"


class PasskeyLoginForm(PasskeyForm, passkey_forms.LoginWebAuthnForm):
    purpose = "login"


class AddPasskeyForm(passkey_forms.AddWebAuthnForm):
    """Every passkey of ours lets somebody in by itself, so the device must ask for a finger, a face or a PIN."""

    passwordless = None
    credential = CredentialField()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["name"].label = _("A name for it")
        self.fields["name"].max_length = 50  # What is longer is cut off, see below.
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
                raise forms.ValidationError(_("This passkey is there already."), code="known")
        return cleaned


class PasskeyOptionsMixin:
    """Hands what the browser needs to know about passkeys to static/js/passkeys.js."""

    purpose: str

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        bind_challenge(self.request, self.purpose, self.get_person())
        # allauth leaves the refused form behind, and would check a new one against the new challenge.
        return context | kwargs | {"options": json.dumps(context["js_data"], cls=DjangoJSONEncoder)}

    def get_person(self):
        return self.request.user


class AddPasskeyView(NewFactorConfirmsMixin, PasskeyOptionsMixin, passkey_views.AddWebAuthnView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/passkey_add.html"
    factor = Authenticator.Type.WEBAUTHN
    purpose = "add"

    def get(self, request, *args, **kwargs):
        return self.refuse_if_full(request) or super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        return self.refuse_if_full(request) or super().post(request, *args, **kwargs)

    def refuse_if_full(self, request):
        """Lead back to the list, where there are as many passkeys as there may be."""
        if request.user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN).count() < MAX_PASSKEYS:
            return None
        text = gettext(
            "You have %(count)d passkeys, and there is room for no more. Remove one that you do not use first."
        )
        messages.error(request, text % {"count": MAX_PASSKEYS})
        return redirect("accounts:second_factor")


class RemovePasskeyView(passkey_views.RemoveWebAuthnView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/passkey_remove.html"
    success_url = reverse_lazy("accounts:second_factor")


class PasskeyLoginView(passkey_views.LoginWebAuthnView):
    """Keeps a visitor's challenge in a signed cookie: asking for one writes nothing. Each is good once, for minutes."""

    http_method_names = ["get", "head", "post"]
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
        """What this browser was asked, if it has not answered yet."""
        try:
            cookie = request.COOKIES.get(settings.PASSKEY_COOKIE_NAME, "")
            state = signing.loads(cookie, salt=self.SALT, max_age=CHALLENGE_SECONDS)
        except signing.BadSignature:
            return None
        is_first = rate_limits.claim_once(f"passkey {state['challenge']}", CHALLENGE_SECONDS)
        return state if is_first else None


class PasskeyReauthenticationView(PasskeyOptionsMixin, passkey_views.ReauthenticateWebAuthnView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/confirm.html"
    purpose = PasskeyReauthenticationForm.purpose

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form))
