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
from accounts.reauthentication import redirect_to_reauthentication
from accounts.sessions import get_user
from brainlog import formats
from brainlog.formats.locales import conventions_for

log = logging.getLogger(__name__)


def is_local(request) -> bool:
    """Whether the client has a private address: it is in the server's own network."""
    try:
        return ipaddress.ip_address(get_adapter().get_client_ip(request)).is_private
    except ValueError:
        return False


def browser_of(request) -> dict:
    """The user agent and the network that a session stores."""
    return {"user_agent": request.headers.get("User-Agent", "")[:300].replace("\0", ""), "is_local": is_local(request)}


def lacks_second_factor(person) -> bool:
    """Whether the server asks the person for a second factor, and there is none yet."""
    if settings.SECOND_FACTOR == "optional" or not person.is_authenticated:
        return False
    if settings.SECOND_FACTOR == "staff" and not person.is_staff:
        return False
    return not person.authenticator_set.exclude(type=Authenticator.Type.RECOVERY_CODES).exists()


class PersonMiddleware(middleware.AuthenticationMiddleware):
    """Sets the user from our session, activates their time zone and formats, records the visit.

    Keeps their pages out of caches.
    """

    def process_request(self, request):
        super().process_request(request)
        # Evaluated when a session is written, which few requests do.
        request.session.browser = SimpleLazyObject(lambda: browser_of(request))
        request.user = SimpleLazyObject(lambda: get_user(request.session))
        if request.user.is_authenticated:
            timezone.activate(request.user.zone)
            formats.activate(request.user.formats)
            request.session.record_visit()
        else:
            timezone.deactivate()
            formats.activate(conventions_for(request).formats)

    def process_response(self, request, response):
        formats.deactivate()
        if request.user.is_authenticated:
            # Private pages must not remain on a shared device, and going back must show the stored state.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response

    def process_exception(self, request, exception):
        """Redirect to the login if a save failed because the account was deleted meanwhile, in another tab."""
        may_be_deleted = isinstance(exception, IntegrityError | User.DoesNotExist) and request.user.is_authenticated
        if may_be_deleted and not User.objects.filter(pk=request.user.pk).exists():
            return redirect_to_login(request.get_full_path())
        return None


class SignInMiddleware:
    """Requires a second factor where settings ask for it; answers reauthentication, rate limits, provider failures.

    Also sets the cookie of known browsers. Runs inside allauth's middleware, which would store a form that needs
    reauthentication in the session, passwords included, and submit it at the next reauthentication for that page: even
    weeks later, or if an attacker had left it for the owner to confirm. Here the form is not kept: the person sends it
    again afterwards.
    """

    EXEMPT_VIEWS = {
        # Help waits for no form; without a second factor its page shows nothing of the person.
        *("privacy", "manifest", "service_worker", "offline", "support:help"),
        # Their token is the secret; the service worker asks the last one by itself.
        *("reminders:calendar", "reminders:email_off", "reminders:push_renew"),
        *("insights:shared", "insights:shared_pdf"),
    } | {
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
        """Redirect people who must have a second factor and have none to the page that adds one."""
        if request.resolver_match.view_name in self.EXEMPT_VIEWS or not lacks_second_factor(request.user):
            return None
        messages.warning(request, _("Please add codes from an app or a passkey first: this server asks for it."))
        return redirect("accounts:second_factor")

    def process_exception(self, request, exception):
        if isinstance(exception, ReauthenticationRequired):
            first_method = get_adapter().get_reauthentication_methods(request.user)[0]
            return redirect_to_reauthentication(request, first_method["url"], then=request.get_full_path())
        if isinstance(exception, rate_limits.RateLimitExceeded):
            page = render(request, "429.html", {"minutes": exception.minutes}, status=429)
            page.headers["Retry-After"] = str(exception.seconds)
            return page
        if isinstance(exception, RequestException):
            # The error's text is not logged: it contains addresses.
            log.error("Request to the login provider failed: %s", type(exception).__name__)
            messages.error(request, _("The other site cannot be reached just now. Please try again later."))
            return redirect("accounts:external" if request.user.is_authenticated else "accounts:login")
        return None
