"""Adapters: how django-allauth behaves in this project."""

import ipaddress

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.core.internal import ratelimit
from allauth.core.internal.httpkit import get_client_ip
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext, gettext_lazy as _, ngettext

from accounts import known_browsers, rate_limits, reauthentication, security_events
from accounts.models import Invitation, Session, User
from accounts.recovery_codes import has_no_codes_left
from brainlog.forms import LONGEST_LINE
from encryption import mfa_secrets

# Messages that replace allauth's, by the name of its template. Its other messages are not shown.
MESSAGES = {
    "account/messages/password_changed.txt": _("Your password is changed."),
    "socialaccount/messages/account_connected.txt": _("From now on you can log in with it."),
    "socialaccount/messages/account_connected_other.txt": _("This account is already used by another person here."),
    "socialaccount/messages/account_disconnected.txt": _("You can no longer log in with it."),
    "account/messages/password_set.txt": _("You have a password now."),
    "mfa/messages/totp_activated.txt": _("From now on, logging in also asks for a code from your app."),
    "mfa/messages/totp_deactivated.txt": _("Codes from your app are no longer asked for."),
    "mfa/messages/webauthn_added.txt": _("Your passkey is added. You can log in with it alone."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
}

# Session key: [user id, session auth hash] after the password step.
PASSWORD_PROOF_KEY = "password_proof"  # noqa: S105 (the name of a key, not a password)

PASSKEY_METHOD = "mfa_reauthenticate:webauthn"
METHOD_LABELS = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code"),
    PASSKEY_METHOD: _("Use a passkey"),
}


class AccountAdapter(DefaultAccountAdapter):
    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": _("This name and password do not go together. Please check both."),
    }

    def is_safe_url(self, url: str) -> bool:
        """Whether a login may redirect to this URL: a path on this server, and not the login page again."""
        if len(url) > LONGEST_LINE:
            return False
        is_a_path = url.startswith("/") and not url.startswith("//")
        return is_a_path and super().is_safe_url(url) and url != reverse("accounts:login")

    def is_open_for_signup(self, request) -> bool:
        if settings.REGISTRATION == "invite":
            token = request.POST.get("invitation") or request.GET.get("invitation", "")
            return Invitation.usable(token).exists()
        return settings.REGISTRATION == "open"

    def get_client_ip(self, request) -> str:
        """The address that attempts are counted for. Behind a Unix socket there is none, and all share one count.

        A dual-stack server sees IPv4 addresses mapped into one /64 of IPv6. They are unmapped, since all of them would
        share one count otherwise.
        """
        address = get_client_ip(request) or ""
        mapped = ":" in address and ipaddress.IPv6Address(address).ipv4_mapped
        return str(mapped or address)

    def authenticate(self, request, **credentials):
        """Return the person, or None. Counts wrong passwords. Raises RateLimitExceeded before a password is checked."""
        name = User.make_username_key(credentials.get("username", ""))
        attempts = security_events.consume_sign_in(request, name, ratelimit.get_ip(request))
        person = super().authenticate(request, **credentials)
        if person:
            rate_limits.refund(attempts)
            request.session[PASSWORD_PROOF_KEY] = [person.pk, person.get_session_auth_hash()]
        else:
            security_events.record_refused_attempt(security_events.Kind.SIGN_IN_FAILED, name, request)
        return person

    def get_reauthentication_methods(self, user) -> list[dict]:
        """Methods to offer, the preferred one first. People with an app or a passkey cannot use their password."""
        methods = {method["id"]: method for method in super().get_reauthentication_methods(user)}
        if reauthentication.has_second_factor(user):
            methods.pop("reauthenticate", None)
        if not user.authenticator_set.filter(type=Authenticator.Type.TOTP).exists() and PASSKEY_METHOD in methods:
            methods = {PASSKEY_METHOD: methods[PASSKEY_METHOD]} | methods
        return [method | {"description": METHOD_LABELS[name]} for name, method in methods.items()]

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Raise ReauthenticationRequired where allauth would accept an earlier reauthentication by password."""
        if reauthentication.was_confirmed_by_password_alone(self.request):
            raise ReauthenticationRequired
        return super().is_reauthentication_required(app=app, **kwargs)

    def respond_user_inactive(self, request, user):
        """Show the same message as for a failed login: whether an account is deactivated is not revealed."""
        messages.error(request, gettext("That did not work. Please try again."))
        return redirect("accounts:login")

    def login(self, request, user):
        """Raise PermissionDenied if the password was changed between the password step and the second factor."""
        user_id, auth_hash = request.session.get(PASSWORD_PROOF_KEY, (None, ""))
        if user_id == user.pk and not constant_time_compare(auth_hash, user.get_session_auth_hash()):
            request.session.flush()
            raise PermissionDenied
        request.session.pop(PASSWORD_PROOF_KEY, None)
        super().login(request, user)
        Session.objects.end_oldest(user)
        security_events.record_sign_in(user, request)
        known_browsers.remember(request, user)
        if has_no_codes_left(user):
            messages.warning(
                request, gettext("All your recovery codes are used. Make new ones under “Second factor and passkeys”.")
            )

    def get_password_change_redirect_url(self, request):
        return reverse("accounts:profile")

    def add_message(self, request, level, message_template=None, message_context=None, extra_tags="", message=None):
        if text := message or MESSAGES.get(message_template):
            messages.add_message(request, level, text, extra_tags=extra_tags)

    def ajax_response(self, request, response, **kwargs):
        """Answer scripts with the page too: allauth's JSON would contain the form's data, passwords included."""
        return response


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _(
            "That was not accepted. Each code works once and for a short time: please try the next one."
        ),
    }

    def encrypt(self, text: str) -> str:
        return mfa_secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return mfa_secrets.decrypt(encrypted_text)

    def _get_user_identifier(self, user) -> str:
        """Username, which apps and browsers show beside a code or a passkey. allauth would use the e-mail address."""
        return user.username

    def generate_authenticator_name(self, user, type) -> str:
        number = user.authenticator_set.filter(type=type).count() + 1
        return ngettext("Passkey", "Passkey %(number)d", number) % {"number": number}
