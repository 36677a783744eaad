"""Where django-allauth asks how this project wants it."""

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

# What allauth says after a deed, by the name of its template. It is silent about the others.
MESSAGES = {
    "account/messages/password_changed.txt": _("Your password is changed."),
    "socialaccount/messages/account_connected.txt": _("From now on you can log in with it."),
    "socialaccount/messages/account_connected_other.txt": _("This account belongs to somebody else here."),
    "socialaccount/messages/account_disconnected.txt": _("It does not let you in any more."),
    "account/messages/password_set.txt": _("You have a password now."),
    "mfa/messages/totp_activated.txt": _("From now on, logging in asks for a code of your app as well."),
    "mfa/messages/totp_deactivated.txt": _("Your app's codes are not asked for any more."),
    "mfa/messages/webauthn_added.txt": _("Your passkey is added. You can log in with it alone."),
    "mfa/messages/webauthn_removed.txt": _("The passkey is removed."),
}

# In the session of somebody on the way in: who it is, and what proves the password that was right.
PASSWORD_PROOF_KEY = "password_then"  # noqa: S105 (the name of a key, not a password)

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
        """Whether to go there after a login: a path on this server, and not back to the login page for ever."""
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
        """The address that tries are counted for. Behind a socket there is none: all share one count.

        A server that listens for both sees an IPv4 address as a part of one /64 of IPv6, which would be one count for
        all of them.
        """
        address = get_client_ip(request) or ""
        mapped = ":" in address and ipaddress.IPv6Address(address).ipv4_mapped
        return str(mapped or address)

    def authenticate(self, request, **credentials):
        """Who this is, or None. Wrong passwords are counted; RateLimitExceeded is raised before one is looked at."""
        name = User.make_username_key(credentials.get("username", ""))
        tries = security_events.consume_sign_in(request, name, ratelimit.get_ip(request))
        person = super().authenticate(request, **credentials)
        if person:
            rate_limits.refund(tries)
            request.session[PASSWORD_PROOF_KEY] = [person.pk, person.get_session_auth_hash()]
        else:
            security_events.record_refused_attempt(security_events.Kind.SIGN_IN_FAILED, name, request)
        return person

    def get_reauthentication_methods(self, user) -> list[dict]:
        """The first is asked for. With an app or a passkey, the password does not do."""
        ways = {way["id"]: way for way in super().get_reauthentication_methods(user)}
        if reauthentication.has_second_factor(user):
            ways.pop("reauthenticate", None)
        if not user.authenticator_set.filter(type=Authenticator.Type.TOTP).exists() and PASSKEY_METHOD in ways:
            ways = {PASSKEY_METHOD: ways[PASSKEY_METHOD]} | ways
        return [way | {"description": METHOD_LABELS[name]} for name, way in ways.items()]

    def is_reauthentication_required(self, *, app: str, **kwargs) -> bool:
        """Raises ReauthenticationRequired where allauth would let an earlier confirmation by password count."""
        if reauthentication.was_confirmed_by_password_alone(self.request):
            raise ReauthenticationRequired
        return super().is_reauthentication_required(app=app, **kwargs)

    def respond_user_inactive(self, request, user):
        """Somebody on hold learns no more than a stranger."""
        messages.error(request, gettext("That did not work. Please try again."))
        return redirect("accounts:login")

    def login(self, request, user):
        """Raises PermissionDenied if the password has changed since it was given, before the second factor was."""
        whose, then = request.session.get(PASSWORD_PROOF_KEY, (None, ""))
        if whose == user.pk and not constant_time_compare(then, user.get_session_auth_hash()):
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
        """Scripts get the page that everybody gets: allauth's JSON would hold what was typed, passwords too."""
        return response


class MFAAdapter(DefaultMFAAdapter):
    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("That was not accepted. A code is good once and not for long: please try the next one."),
    }

    def encrypt(self, text: str) -> str:
        return mfa_secrets.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        return mfa_secrets.decrypt(encrypted_text)

    def _get_user_identifier(self, user) -> str:
        """What apps and browsers show beside a code or a passkey: the name, where allauth would say the e-mail."""
        return user.username

    def generate_authenticator_name(self, user, type) -> str:
        number = user.authenticator_set.filter(type=type).count() + 1
        return ngettext("Passkey", "Passkey %(number)d", number) % {"number": number}
