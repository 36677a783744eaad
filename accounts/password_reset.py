"""Password reset: by a mailed link, by a recovery code, or by a link from an administrator."""

import logging

from allauth.account.models import EmailAddress
from allauth.core.internal import ratelimit
from allauth.mfa.models import Authenticator
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout, views
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import UsernameField
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters

from accounts import known_browsers, rate_limits, security_events
from accounts.email_address import consume_mail, show_mail_result
from accounts.emails import send_template
from accounts.forms import NewPasswordForm
from accounts.models import User, validate_mailable
from accounts.recovery_codes import MAX_CODE_LENGTH, invalidate_codes
from brainlog.origin import trusted_origin
from encryption.cipher import CannotDecryptError

log = logging.getLogger(__name__)


class ResetForm(forms.Form):
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"),
        validators=[validate_mailable],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def send(self, request) -> bool:
        """Mail a reset link if the address is a confirmed one, a notice that it is unknown otherwise.

        A mail is sent in both cases, so that neither the page nor its response time reveals who has an account.
        """
        email = self.cleaned_data["email"].lower()
        consume_mail(request, email)
        found = EmailAddress.objects.filter(email=email, verified=True, user__is_active=True).select_related("user")
        for each in found:
            return send_template(
                "reset", email, request, address=reset_link(request, each.user), username=each.user.username
            )
        return send_template("reset_unknown", email, request)


def reset_link(request, person: User) -> str:
    """URL of the page to choose a new password. Valid once, for a day, and until the next login."""
    identity = urlsafe_base64_encode(force_bytes(person.pk))
    path = reverse("accounts:reset_by_link", args=[identity, default_token_generator.make_token(person)])
    return trusted_origin(request) + path


@login_not_required
def reset(request):
    form = ResetForm(request.POST if request.method == "POST" and settings.HAS_EMAIL else None)
    if form.is_valid():
        sent = form.send(request)
        show_mail_result(request, sent, _("A mail is on its way to that address."))
        return redirect("accounts:login")
    return render(request, "accounts/reset.html", {"form": form, "has_email": settings.HAS_EMAIL})


def set_new_password(request, person: User, encoded: str):
    """Store the password hash, end all sessions of the person, and revoke their known browsers except this one.

    If this browser is logged in as the person, its session is ended first: its row is deleted here, so it could not be
    saved at the end of the request.
    """
    was_known = known_browsers.find(request, person.username_key)
    if request.user == person:
        logout(request)
    person.password = encoded
    person.save(update_fields=["password", "updated_at"])
    person.end_sessions()
    if was_known:
        known_browsers.remember(request, person)


def finish_reset(request, person: User):
    """Record the reset and show a message, after the transaction that stored the password."""
    security_events.record(security_events.Kind.PASSWORD_RESET, person, request)
    messages.success(request, _("Your password is changed. Please log in with it."))


@method_decorator(login_not_required, name="dispatch")
class ResetByLinkView(views.PasswordResetConfirmView):
    form_class = NewPasswordForm
    template_name = "accounts/reset_by_link.html"
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form):
        token = self.request.session.pop(views.INTERNAL_RESET_SESSION_TOKEN)
        encoded = make_password(form.cleaned_data["new_password1"])  # Slow, so outside of the transaction.
        with transaction.atomic():
            # Of parallel requests with one link, the first stores its password, which invalidates the link.
            person = User.objects.select_for_update().filter(pk=self.user.pk).first()
            self.validlink = person is not None and self.token_generator.check_token(person, token)
            if self.validlink:
                set_new_password(self.request, person, encoded)
        if not self.validlink:
            return self.render_to_response(self.get_context_data())
        finish_reset(self.request, person)
        return redirect(self.success_url)


class ResetByCodeForm(NewPasswordForm):
    """Username, one of the recovery codes, and the new password."""

    username = UsernameField(label=gettext_lazy("Username"), max_length=150)
    code = forms.CharField(
        label=gettext_lazy("Recovery code"),
        max_length=MAX_CODE_LENGTH,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
    )
    field_order = ("username", "code", "new_password1", "new_password2")

    def __init__(self, *args, **kwargs):
        # Validated against an empty User: an error about similarity would reveal to strangers which accounts exist and
        # what their names are.
        super().__init__(User(), *args, **kwargs)

    def reset(self, request) -> User | None:
        """Set the new password if the code is correct. Returns the person; None, with a form error, otherwise.

        Raises RateLimitExceeded. The time and the statements of a refusal do not depend on whether the name exists.
        """
        key = User.make_username_key(self.cleaned_data["username"])
        attempts = security_events.consume_sign_in(request, key, ratelimit.get_ip(request))
        encoded = make_password(self.cleaned_data["new_password1"])
        person = self.use_code(request, key, encoded)
        if person:
            rate_limits.refund(attempts)
        elif not self.errors:
            security_events.record_refused_attempt(security_events.Kind.SIGN_IN_FAILED, key, request)
            self.add_error(None, _("This name and code do not go together. Please check both."))
        return person

    @transaction.atomic
    def use_code(self, request, key: str, encoded: str) -> User | None:
        """Store the password if the code is correct. A password that resembles the person is refused, the code kept.

        Such a refusal counts as an attempt, like a wrong code: otherwise codes could be tested without a limit.
        """
        codes = Authenticator.objects.filter(
            type=Authenticator.Type.RECOVERY_CODES, user__username_key=key, user__is_active=True
        )
        found = codes.select_related("user").first()
        if not self.is_code_valid(found):
            return None
        try:
            validate_password(self.cleaned_data["new_password1"], found.user)
        except forms.ValidationError as error:
            transaction.set_rollback(True)
            self.add_error("new_password2", error)
            return None
        set_new_password(request, found.user, encoded)
        return found.user

    def is_code_valid(self, codes: Authenticator | None) -> bool:
        """Whether the code is an unused one of the list. If so, marks all codes as used, under a lock on the row."""
        if codes is None:
            with transaction.atomic():  # The same statements as validate_code.
                return Authenticator.objects.select_for_update().filter(pk=0).exists()
        try:
            is_valid = codes.wrap().validate_code(self.cleaned_data["code"])
        except Authenticator.DoesNotExist:  # A parallel request has replaced the list.
            return False
        except CannotDecryptError:
            # Handled as a wrong code: the page must not reveal that the person has codes.
            log.error("Recovery codes cannot be decrypted. See manage.py rotate_field_keys --check.")
            return False
        if is_valid:
            invalidate_codes(codes.user)
        return is_valid


@login_not_required
@sensitive_post_parameters()
def reset_by_code(request):
    form = ResetByCodeForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and (person := form.reset(request)):
        security_events.record(security_events.Kind.CODE_USED, person, request)
        finish_reset(request, person)
        return redirect("accounts:login")
    return render(request, "accounts/reset_by_code.html", {"form": form})
