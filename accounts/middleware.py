import ipaddress
import logging

from allauth.account.adapter import get_adapter
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import middleware
from django.contrib.auth.views import redirect_to_login
from django.db import IntegrityError
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from requests import RequestException

from accounts import known_browsers, rate_limits
from accounts.models import User
from accounts.reauthentication import ask_who_is_there
from accounts.sessions import person_in

log = logging.getLogger(__name__)


def is_local(request) -> bool:
    """Whether the visitor is in the server's own network."""
    try:
        return ipaddress.ip_address(get_adapter().get_client_ip(request)).is_private
    except ValueError:
        return False


def browser_of(request) -> dict:
    """What a session keeps of the browser that it belongs to."""
    return {"user_agent": request.headers.get("User-Agent", "")[:300].replace("\0", ""), "is_local": is_local(request)}


class PersonMiddleware(middleware.AuthenticationMiddleware):
    """Know who is asking from the session alone, show times by their clock, and keep their pages out of every cache."""

    def process_request(self, request):
        super().process_request(request)
        # Looked at when a session is written, which few requests do.
        request.session.browser = SimpleLazyObject(lambda: browser_of(request))
        request.user = SimpleLazyObject(lambda: person_in(request.session))
        if request.user.is_authenticated:
            timezone.activate(request.user.zone)
            request.session.record_visit()
        else:
            timezone.deactivate()

    def process_response(self, request, response):
        if request.user.is_authenticated:
            # Nothing private stays behind on a shared device, and a page come back to shows what is
            # stored now.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_exception(self, request, exception):
        """Whoever deletes the account while another tab saves has no account there either."""
        is_about_a_row = isinstance(exception, IntegrityError) and request.user.is_authenticated
        if is_about_a_row and not User.objects.filter(pk=request.user.pk).exists():
            return redirect_to_login(request.get_full_path())
        return None


class SignInMiddleware:
    """Ask for what a page needs besides a login, and answer what went wrong on the way in.

    Stands inside of allauth's, which would keep a form that has to wait until the person confirms who they are in the
    session, passwords too, and send it as soon as somebody confirms for that page: weeks later, or when another had
    left it there for the owner to confirm.
    """

    WITHOUT_SECOND_FACTOR = {"privacy"} | {
        f"accounts:{name}"
        for name in (
            *("second_factor", "app_on", "passkey_add", "recovery_codes", "logout"),
            *("confirm", "confirm_code", "confirm_passkey"),
        )
    }

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        known_browsers.set_cookie(request, response)
        return response

    def process_view(self, request, view, args, kwargs):
        """Lead whoever has to have a second factor and has none to the page that adds one, from every other page."""
        if not self.must_have_second_factor(request.user):
            return None
        if request.resolver_match.view_name in self.WITHOUT_SECOND_FACTOR:
            return None
        if request.user.authenticator_set.exclude(type=Authenticator.Type.RECOVERY_CODES).exists():
            return None
        messages.warning(request, _("Please add codes from an app or a passkey first: this server asks for it."))
        return redirect("accounts:second_factor")

    def must_have_second_factor(self, person) -> bool:
        if settings.SECOND_FACTOR == "optional" or not person.is_authenticated:
            return False
        return settings.SECOND_FACTOR == "everybody" or person.is_staff

    def process_exception(self, request, exception):
        if isinstance(exception, ReauthenticationRequired):
            # Nothing of what was sent is kept: the person sends it again.
            first_way = get_adapter().get_reauthentication_methods(request.user)[0]
            return ask_who_is_there(request, first_way["url"], then=request.get_full_path())
        if isinstance(exception, rate_limits.TooManyTries):
            page = render(request, "429.html", {"minutes": exception.minutes}, status=429)
            page.headers["Retry-After"] = str(exception.seconds)
            return page
        if isinstance(exception, RequestException):
            # What it says names addresses.
            log.error("The provider of accounts gave no good answer: %s", type(exception).__name__)
            messages.error(request, _("The other side cannot be reached just now. Please try again later."))
            return redirect("accounts:external" if request.user.is_authenticated else "accounts:login")
        return None
