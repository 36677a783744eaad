from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponseNotAllowed
from django.template.loader import render_to_string

from brainlog.database.errors import page_not_found
from brainlog.database.postgresql.base import patience

# What no page of ours does. Passkeys are the one exception, on our own pages.
UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen"),
    *("gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone"),
    *("midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb"),
    *("xr-spatial-tracking", "clipboard-read", "browsing-topics"),
)
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")


class EdgesMiddleware:
    """Say with every answer what browsers may do with it: static files, errors and probes included.

    SecurityMiddleware says some of it too, but does not see what is answered before it.
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
    # The jQuery in Django's admin writes HTML as soon as it is loaded.
    WITHOUT_TRUSTED_TYPES = {"require-trusted-types-for": None, "trusted-types": None}

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        for header, value in self.HEADERS.items():
            response.headers.setdefault(header, value)
        if request.resolver_match and request.resolver_match.app_name == "admin":
            response._csp_replace = self.WITHOUT_TRUSTED_TYPES
        return response


class Utf8Middleware:
    """Take forms in UTF-8 only, as every browser sends ours.

    Django decodes a form by the character set its sender names. Some are none at all and end in a
    server error, some make half characters that no database can hold.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise BadRequest("Only UTF-8 is understood.")
        return self.get_response(request)


class MethodNotAllowedMiddleware:
    """Take GET, HEAD and POST alone, and say in our own design that an address is no page (Django's answer is blank).

    People get there: a button pressed after the session expired leads to the login page, and from
    there on to the address the button meant.
    """

    METHODS = ("GET", "HEAD", "POST")

    def __init__(self, get_response):
        self.get_response = get_response

    def process_view(self, request, view, arguments, named_arguments):
        """Pages of Django's, most of the admin among them, would take any other word for GET."""
        return None if request.method in self.METHODS else HttpResponseNotAllowed(self.METHODS)

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            response.content = render_to_string("405.html", request=request)
        return response


class NotFoundMiddleware:
    """Show our own page with DEBUG, too: Django's repeats the address, its query and the exception's message."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if settings.DEBUG and response.status_code == 404:
            return page_not_found(request, Http404())
        return response


class PatienceMiddleware:
    """Wait for each answer of the database as long as a person would; programs at the console have more time."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        token = patience.set(settings.DATABASE_PATIENCE)
        try:
            return self.get_response(request)
        finally:
            patience.reset(token)
