"""Social login: with accounts of the providers that are configured in the environment.

Of the provider's data, only the id of the account there is stored.
"""

import secrets
from functools import wraps

from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.core.internal import ratelimit
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, get_adapter
from django import forms
from django.apps import apps
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connections, transaction
from django.db.models.signals import pre_delete
from django.dispatch import receiver
from django.shortcuts import redirect
from django.utils.translation import gettext, gettext_lazy as _

from accounts import rate_limits
from accounts.models import User
from accounts.zone_field import ZoneField
from brainlog.formats.locales import conventions_for

MAX_ACCOUNTS = 20  # Per person.

# Tables of allauth.
ACCOUNTS, TOKENS = "socialaccount_socialaccount", "socialaccount_socialtoken"


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    error_messages = DefaultSocialAccountAdapter.error_messages | {
        "no_password": _("Choose a password first: without one and without this account, you could not log in."),
    }

    def list_apps(self, request, provider=None, client_id=None):
        """Only the providers of the environment: rows in allauth's table of providers are ignored."""
        return [app for app in super().list_apps(request, provider, client_id) if not app.pk]

    def generate_state_param(self, state: dict) -> str:
        # Limited, since the state is kept in the session: each call stores a session row for a visitor.
        rate_limits.consume_for_address(rate_limits.PROVIDER, ratelimit.get_ip(context.request))
        return secrets.token_urlsafe(32)  # allauth's own has 95 bits.

    def get_requests_session(self):
        # Imported here because it loads requests, which only servers with providers need.
        from accounts.provider_session import ProviderSession

        return ProviderSession()

    def populate_user(self, request, sociallogin, data):
        sociallogin.user.username = str(data.get("username") or "")[:150]
        return sociallogin.user

    def pre_social_login(self, request, sociallogin):
        sociallogin.email_addresses = []
        sociallogin.account.extra_data = {}
        if sociallogin.account.pk:
            sociallogin.account.save(update_fields=["extra_data"])
        elif request.user.is_authenticated and request.user.socialaccount_set.count() >= MAX_ACCOUNTS:
            text = gettext("You have %(count)d accounts elsewhere, the most there can be. Please remove one first.")
            messages.error(request, text % {"count": MAX_ACCOUNTS})
            raise ImmediateHttpResponse(redirect("accounts:external"))

    def is_open_for_signup(self, request, sociallogin) -> bool:
        """Open if REGISTRATION is, or if login is by provider only: then the provider decides who has an account."""
        return settings.LOGIN_ONLY_BY_PROVIDER or settings.REGISTRATION == "open"


def providers(request, process: str, **more) -> list[dict]:
    """Name and URL of each provider. A form posted to the URL redirects to the provider."""
    if not apps.is_installed("allauth.socialaccount"):
        return []
    found = get_adapter().list_providers(request)
    return [{"name": each.name, "address": each.get_login_url(request, process=process, **more)} for each in found]


def forbid_if_provider_only(view):
    """Decorator: refuse the page with 403 if LOGIN_ONLY_BY_PROVIDER is set."""

    @wraps(view)
    def guarded(request, *args, **kwargs):
        if settings.LOGIN_ONLY_BY_PROVIDER:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


class SocialSignUpForm(forms.ModelForm):
    """Username and time zone of a new person who signs up with a provider."""

    by_passkey = False
    timezone = ZoneField(attrs={"data-browser-timezone": ""}, initial="")

    class Meta:
        model = User
        fields = ("username", "timezone")

    def __init__(self, *args, sociallogin, **kwargs):
        super().__init__(*args, **kwargs)
        self.sociallogin = sociallogin
        self.initial["username"] = sociallogin.user.username
        self.fields["username"].help_text = _("Anything you like: letters, digits and @ . + - _")

    def clean_username(self):
        return User.normalize_username(self.cleaned_data["username"])

    def save_person(self, request) -> bool:
        """Store the person. Returns False, with an error on the form, if the name was taken just now."""
        self.instance.set_unusable_password()
        self.instance.adopt(conventions_for(request))
        self.sociallogin.user = self.instance
        try:
            with transaction.atomic():
                self.sociallogin.save(request)
        except IntegrityError:
            self.add_error("username", User.username_taken_error())
            return False
        return True


@receiver(pre_delete, sender=User, dispatch_uid="accounts.social_login")
def delete_social_accounts(instance, using, **kwargs):
    """Delete the person's rows in the tables of social login when no provider is configured.

    The tables remain from when one was configured, but their models are not installed, so Django does not cascade.
    """
    connection = connections[using]
    if apps.is_installed("allauth.socialaccount") or ACCOUNTS not in connection.introspection.table_names():
        return
    with connection.cursor() as cursor:
        accounts = f"SELECT id FROM {ACCOUNTS} WHERE user_id = %s"  # noqa: S608 (our own names)
        cursor.execute(f"DELETE FROM {TOKENS} WHERE account_id IN ({accounts})", [instance.pk])  # noqa: S608 (likewise)
        cursor.execute(f"DELETE FROM {ACCOUNTS} WHERE user_id = %s", [instance.pk])  # noqa: S608 (likewise)
