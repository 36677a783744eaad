from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpResponseNotAllowed, HttpResponseNotFound
from django.template.loader import render_to_string

from brainlog import circuit_breaker
from brainlog.database.postgresql.base import response_timeout
from brainlog.error_pages import page_not_found, unavailable

# Browser features that no page uses. Passkeys are allowed, on pages of this site only.
UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen"),
    *("gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone"),
    *("midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb"),
    *("xr-spatial-tracking", "clipboard-read", "browsing-topics"),
)
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")


# Addresses with a token that is a secret, or with words of a person. Requests for static files and other pages name the
# page that they come from, and the log of a proxy may have that. From these pages, errors below their addresses too,
# browsers send the origin alone, without which their forms would be refused as forgeries.
ORIGIN_ALONE = "strict-origin"
SECRET_ADDRESSES = ("/insights/shared/", "/accounts/reminders/off/", "/logs/search/")
# What lies here is for those who were given the address: for no cache and no search engine.
SHARED_ADDRESS = "/insights/shared/"
SHARED_HEADERS = {"Cache-Control": "no-store, private", "X-Robots-Tag": "noindex, nofollow, noarchive"}


class SecurityHeadersMiddleware:
    """Sets the security headers of every response, including static files, error pages and probes.

    Django's SecurityMiddleware sets some of them too, but does not see responses of the middleware before it. The
    Content-Security-Policy is built once by django-csp, whose own middleware builds the same one for each response.
    """

    HEADERS = {
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(
            [*(f"{feature}=()" for feature in UNUSED_FEATURES), *(f"{feature}=(self)" for feature in PASSKEYS)]
        ),
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
    }
    # jQuery, which Django's admin uses, turns text into HTML when it is loaded.
    # It is no app: no manifest, no service worker.
    ADMIN_CSP = {"require-trusted-types-for": None, "trusted-types": None, "manifest-src": None, "worker-src": None}

    def __init__(self, get_response):
        self.get_response = get_response
        self.policy = build_policy()
        self.policy_of_admin = build_policy(replace=self.ADMIN_CSP)

    def __call__(self, request):
        response = self.get_response(request)
        if request.path_info.startswith(SECRET_ADDRESSES) and not self.is_stricter(response):
            response.headers["Referrer-Policy"] = ORIGIN_ALONE
        if request.path_info.startswith(SHARED_ADDRESS):
            for header, value in SHARED_HEADERS.items():
                response.headers.setdefault(header, value)
        for header, value in self.HEADERS.items():
            response.headers.setdefault(header, value)
        if not (settings.DEBUG and response.status_code == 500):  # Django's debug page has inline styles.
            is_admin = request.resolver_match and request.resolver_match.app_name == "admin"
            policy = self.policy_of_admin if is_admin else self.policy
            response.headers.setdefault("Content-Security-Policy", policy)
        return response

    def is_stricter(self, response) -> bool:
        """Whether the view has set a policy of its own. Django's SecurityMiddleware has set that of the settings."""
        return response.headers.get("Referrer-Policy") not in (None, settings.SECURE_REFERRER_POLICY)


class DatabaseMiddleware:
    """Answers 503 at once while the database is down, and limits how long a request waits for each of its answers.

    Static files and probes come before it: they need no database. Management commands have no such limit.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if circuit_breaker.database.is_open and not self.is_metrics_scrape(request):
            return unavailable(request, circuit_breaker.database.code, "circuit breaker")
        token = response_timeout.set(settings.DATABASE_TIMEOUT)
        try:
            return self.get_response(request)
        finally:
            response_timeout.reset(token)

    def is_metrics_scrape(self, request) -> bool:
        """Whether a program reads /metrics, which reports that the database is down. A session would need a query."""
        return request.path_info == "/metrics" and settings.SESSION_COOKIE_NAME not in request.COOKIES


class ErrorPagesMiddleware:
    """Accepts GET, HEAD and POST only, and gives a page of ours to 405 responses and, with DEBUG, to Django's 404.

    People do see a 405: a button pressed after the session has expired leads to the login page, and from there by GET
    to the address of the button, which accepts POST only.
    """

    METHODS = ("GET", "HEAD", "POST")

    def __init__(self, get_response):
        self.get_response = get_response

    def process_view(self, request, view, arguments, named_arguments):
        """Django's own views, such as most of the admin's, would handle any other method as a GET."""
        return None if request.method in self.METHODS else HttpResponseNotAllowed(self.METHODS)

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            response.content = render_to_string("405.html", request=request)
        if settings.DEBUG and isinstance(response, HttpResponseNotFound):
            # Django's page contains the path, the query string and the exception's message.
            return page_not_found(request, Http404())
        return response
