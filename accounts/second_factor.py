"""Second factor by codes, and the pages of reauthentication: allauth's forms and views with our limits."""

from allauth.account import views as account_views
from allauth.core import context
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base_forms, views as base_views
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as code_views
from allauth.mfa.totp import forms as totp_forms, views as totp_views
from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import rate_limits
from accounts.passkeys import PasskeyForm, PasskeyOptionsMixin
from accounts.reauthentication import NewFactorConfirmsMixin
from accounts.recovery_codes import MAX_CODE_LENGTH, has_no_codes_left
from brainlog.forms import limit_length
from encryption.cipher import CannotDecryptError

# Longer than a code is valid: its own half minute and those before and after, 90 seconds.
USED_CODE_SECONDS = 120


class SingleUseCodeMixin:
    """A form with a code. Counts wrong codes, and accepts each correct code once."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.label = _("Code")
        limit_length(code, MAX_CODE_LENGTH)
        code.widget.attrs = {"autocomplete": "one-time-code", "inputmode": "numeric", "autofocus": True}

    def clean_code(self):
        attempt = rate_limits.consume_code(context.request, self.user, normalize_user_code(self.cleaned_data["code"]))
        try:
            code = super().clean_code()
        except CannotDecryptError as error:
            raise forms.ValidationError(
                _("This server can no longer read your second factor. Please ask an administrator of the server."),
                code="unreadable",
            ) from error
        except Authenticator.DoesNotExist as error:  # A parallel request has replaced the recovery codes.
            raise get_adapter().validation_error("incorrect_code") from error
        # allauth remembers used codes for half a minute only, and in each process separately.
        if not rate_limits.claim_once(f"{self.user.pk} {normalize_user_code(code)}", USED_CODE_SECONDS):
            raise get_adapter().validation_error("incorrect_code")
        rate_limits.refund([attempt])
        return code


class CodeForm(SingleUseCodeMixin, base_forms.AuthenticateForm):
    pass


class CodeReauthenticationForm(SingleUseCodeMixin, base_forms.ReauthenticateForm):
    pass


class ActivateAppForm(SingleUseCodeMixin, totp_forms.ActivateTOTPForm):
    pass


class SecondFactorView(base_views.IndexView):
    template_name = "accounts/second_factor.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(has_no_codes_left=has_no_codes_left(self.request.user), **kwargs)


class CodeView(PasskeyOptionsMixin, base_views.AuthenticateView):
    template_name = "accounts/code.html"
    purpose = PasskeyForm.purpose

    def get_person(self):
        return self.stage.login.user


class AppOnView(NewFactorConfirmsMixin, totp_views.ActivateTOTPView):
    template_name = "accounts/app_on.html"
    factor = Authenticator.Type.TOTP


second_factor = SecondFactorView.as_view()
app_on = AppOnView.as_view()
app_off = totp_views.DeactivateTOTPView.as_view(template_name="accounts/app_off.html")
recovery_codes = code_views.ViewRecoveryCodesView.as_view(template_name="accounts/recovery_codes.html")
new_recovery_codes = code_views.GenerateRecoveryCodesView.as_view(template_name="accounts/recovery_codes_new.html")
confirm = account_views.ReauthenticateView.as_view(template_name="accounts/confirm.html")
confirm_by_code = base_views.ReauthenticateView.as_view(template_name="accounts/confirm.html")
