"""Reauthentication: asking a person to confirm their identity before a sensitive change."""

from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY, get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.reauthentication import is_reauthentication_required
from allauth.account.signals import authentication_step_completed
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.db import IntegrityError
from django.dispatch import receiver
from django.shortcuts import redirect
from django.utils.translation import gettext as _

# Authentication records that a session keeps. The newest decides whether a reauthentication is due.
MAX_RECORDS = 10


@receiver(authentication_step_completed, dispatch_uid="accounts.reauthentication")
def keep_newest_records(request, **kwargs):
    """Drop the oldest records: allauth adds one per reauthentication, and the session would grow without limit."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    if len(records) > MAX_RECORDS:
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records[-MAX_RECORDS:]


def has_second_factor(person) -> bool:
    """Whether the person has an app or a passkey. Recovery codes alone are no second factor."""
    return person.is_authenticated and person.authenticator_set.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


def needs_more_than_password(request) -> bool:
    """For pages that ask for the password themselves: whether a second factor or a passkey is required before."""
    return not request.user.has_usable_password() or has_second_factor(request.user)


def has_password_and_second_factor(request) -> bool:
    """Whether the person has both, so that the password alone must not suffice."""
    return request.user.has_usable_password() and has_second_factor(request.user)


def was_confirmed_by_password_alone(request) -> bool:
    """Whether the last reauthentication was by password, before a second factor was added in another session."""
    confirmations = [step for step in get_authentication_records(request, request.user) if step.get("reauthenticated")]
    return bool(confirmations) and confirmations[-1]["method"] != "mfa" and has_second_factor(request.user)


def is_recently_confirmed(request) -> bool:
    """Whether the person has reauthenticated within the last minutes, by the strongest method they have."""
    try:
        return not is_reauthentication_required(request, app="accounts")
    except ReauthenticationRequired:
        return False


def redirect_to_reauthentication(request, page: str, then: str):
    """Redirect to a page that asks for reauthentication, which leads on to `then`. The form has to be sent again."""
    if request.method == "POST":
        messages.info(request, _("Nothing has changed yet. Please confirm that it is you, then do it once more."))
    return redirect(f"{page}?{urlencode({'next': then})}")


class NewFactorConfirmsMixin:
    """Counts adding a factor as a reauthentication with it: it was used for adding, and is not asked for again."""

    factor: Authenticator.Type

    def form_valid(self, form):
        try:
            response = super().form_valid(form)
        except IntegrityError:  # A parallel request has added the factor or created the recovery codes.
            return redirect("accounts:second_factor")
        record_authentication(self.request, self.request.user, method="mfa", type=self.factor, reauthenticated=True)
        return response
