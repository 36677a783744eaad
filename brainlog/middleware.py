from django.conf import settings
from django.core.exceptions import BadRequest
from django.template.loader import render_to_string

from brainlog.postgresql.base import patience


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
    """Say in our own design that an address is no page, where Django's answer is blank.

    People get there: a button pressed after the session expired leads to the login page, and from
    there on to the address the button meant.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            response.content = render_to_string("405.html", request=request)
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
