"""Codes, passkeys, and proving again who one is: allauth's forms and pages in our design and with our limits."""

import json
import struct
from contextlib import contextmanager

from allauth.account import views as account_views
from allauth.core.internal import ratelimit
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms, views as base_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import forms as totp_forms, views as totp_views
from allauth.mfa.webauthn import forms as passkey_forms, views as passkey_views
from cryptography.exceptions import InvalidSignature
from django import forms
from django.contrib import messages
from django.core.serializers.json import DjangoJSONEncoder
from django.shortcuts import redirect
from django.urls import reverse_lazy
from django.utils.translation import gettext, gettext_lazy as _

from accounts import throttle
from brainlog.forms import limit_length
from encryption.cipher import CannotDecryptError

# A code is good for 90 seconds: its own half minute and those before and after.
LONGER_THAN_ANY_CODE = 120
# Characters, with spaces or signs between the digits of a recovery code.
LONGEST_CODE = 30
# Bytes of what a device says of a passkey.
LONGEST_CREDENTIAL = 60_000
MOST_PASSKEYS = 20  # of a person

# Forms


class GoodOnce:
    """A form with a code: each wrong one is a try, and a right one is good a single time."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code")
        limit_length(code, LONGEST_CODE)
        code.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}

    def clean_code(self):
        a_try = throttle.take(throttle.CODE, str(self.user.pk))
        try:
            code = super().clean_code()
        except CannotDecryptError as error:
            raise forms.ValidationError(
                _("This server can no longer read your second factor. Please ask whoever runs it."), code="unreadable"
            ) from error
        # allauth remembers used codes for half a minute only, each process for itself.
        if not throttle.only_once(f"{self.user.pk} {normalize_user_code(code)}", LONGER_THAN_ANY_CODE):
            raise get_adapter().validation_error("incorrect_code")
        throttle.give_back([a_try])
        return code


class CodeForm(GoodOnce, base_forms.AuthenticateForm):
    pass


class CodeAgainForm(GoodOnce, base_forms.ReauthenticateForm):
    pass


class FirstCodeForm(GoodOnce, totp_forms.ActivateTOTPForm):
    pass


@contextmanager
def what_is_no_passkey_is_refused():
    """What a device says is taken apart byte by byte; what breaks on the way was no passkey."""
    try:
        yield
    except (LookupError, TypeError, AttributeError, ValueError, struct.error, InvalidSignature) as error:
        raise get_adapter().validation_error("incorrect_code") from error


def only_texts(credential: dict) -> dict:
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
        self.max_length = LONGEST_CREDENTIAL

    def to_python(self, value):
        if isinstance(value, str) and len(value) > self.max_length:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        try:
            return super().to_python(value)
        except (RecursionError, ValueError) as error:  # nested without end; a number without end
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid") from error

    def bound_data(self, data, initial):
        return initial


class PasskeyForm(passkey_forms.AuthenticateWebAuthnForm):
    credential = CredentialField()

    @what_is_no_passkey_is_refused()
    def clean_credential(self):
        self.cleaned_data["credential"] = only_texts(self.cleaned_data["credential"])
        return super().clean_credential()


class PasskeyAgainForm(PasskeyForm, passkey_forms.ReauthenticateWebAuthnForm):
    pass


class PasskeyLoginForm(PasskeyForm, passkey_forms.LoginWebAuthnForm):
    pass


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

    @what_is_no_passkey_is_refused()
    def clean_credential(self):
        return only_texts(self.cleaned_data["credential"])

    @what_is_no_passkey_is_refused()
    def clean(self):
        self.cleaned_data["passwordless"] = True
        return super().clean()


# Pages


class WithOptions:
    """Hands what the browser needs to know about passkeys to static/js/passkeys.js."""

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        return context | {"options": json.dumps(context["js_data"], cls=DjangoJSONEncoder)}


class CodeView(WithOptions, base_views.AuthenticateView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/code.html"


class AddPasskeyView(WithOptions, passkey_views.AddWebAuthnView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/passkey_add.html"

    def get(self, request, *args, **kwargs):
        return self.no_room(request) or super().get(request, *args, **kwargs)

    def post(self, request, *args, **kwargs):
        return self.no_room(request) or super().post(request, *args, **kwargs)

    def no_room(self, request):
        """Lead back to the list, where there are as many passkeys as there may be."""
        if request.user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN).count() < MOST_PASSKEYS:
            return None
        text = gettext(
            "You have %(count)d passkeys, and there is room for no more. Remove one that you do not use first."
        )
        messages.error(request, text % {"count": MOST_PASSKEYS})
        return redirect("accounts:second_factor")


class RemovePasskeyView(passkey_views.RemoveWebAuthnView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/passkey_remove.html"
    success_url = reverse_lazy("accounts:second_factor")


class PasskeyLoginView(passkey_views.LoginWebAuthnView):
    http_method_names = ["get", "head", "post"]

    def post(self, request, *args, **kwargs):
        throttle.take(throttle.PASSKEY, ratelimit.get_ip(request))
        return super().post(request, *args, **kwargs)


class PasskeyAgainView(WithOptions, passkey_views.ReauthenticateWebAuthnView):
    http_method_names = ["get", "head", "post"]
    template_name = "accounts/confirm.html"


FORM = {"http_method_names": ["get", "head", "post"]}

second_factor = base_views.IndexView.as_view(template_name="accounts/second_factor.html")
app_on = totp_views.ActivateTOTPView.as_view(template_name="accounts/app_on.html", **FORM)
app_off = totp_views.DeactivateTOTPView.as_view(template_name="accounts/app_off.html", **FORM)
recovery_codes = code_views.ViewRecoveryCodesView.as_view(template_name="accounts/recovery_codes.html")
new_recovery_codes = code_views.GenerateRecoveryCodesView.as_view(
    template_name="accounts/recovery_codes_new.html", **FORM
)
confirm = account_views.ReauthenticateView.as_view(template_name="accounts/confirm.html", **FORM)
confirm_by_code = base_views.ReauthenticateView.as_view(template_name="accounts/confirm.html", **FORM)
