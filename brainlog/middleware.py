from csp.utils import build_policy
from django.conf import settings
from django.http import Http404, HttpResponseNotAllowed
from django.template.loader import render_to_string

from brainlog.database.errors import page_not_found

# What no page of ours does. Passkeys are the one exception, on our own pages.
UNUSED_FEATURES = (
    *("accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "fullscreen"),
    *("gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "local-fonts", "magnetometer", "microphone"),
    *("midi", "payment", "picture-in-picture", "screen-wake-lock", "serial", "storage-access", "usb"),
    *("xr-spatial-tracking", "clipboard-read", "browsing-topics"),
)
PASSKEYS = ("publickey-credentials-create", "publickey-credentials-get")


class SecurityHeadersMiddleware:
    """Say with every answer what browsers may do with it: static files, errors and probes included.

    SecurityMiddleware says some of it too, but does not see what is answered before it. The policy is django-csp's,
    made once: its own middleware puts the same one together for each answer.
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
        self.policy = build_policy()
        self.policy_of_admin = build_policy(replace=self.WITHOUT_TRUSTED_TYPES)

    def __call__(self, request):
        response = self.get_response(request)
        for header, value in self.HEADERS.items():
            response.headers.setdefault(header, value)
        if not (settings.DEBUG and response.status_code == 500):  # Django's own page of an error has inline styles.
            is_admin = request.resolver_match and request.resolver_match.app_name == "admin"
            policy = self.policy_of_admin if is_admin else self.policy
            response.headers.setdefault("Content-Security-Policy", policy)
        return response


class ErrorPagesMiddleware:
    """Take GET, HEAD and POST alone, and answer in our own design where Django has a blank page or one that tells much.

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
        if settings.DEBUG and response.status_code == 404:
            # Django's page repeats the address, its query and the exception's message.
            return page_not_found(request, Http404())
        return response
