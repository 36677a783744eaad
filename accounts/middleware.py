from django.contrib.auth import middleware
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.sessions import person_in


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    """Know who is asking from the session alone."""

    def process_request(self, request):
        super().process_request(request)
        request.user = SimpleLazyObject(lambda: person_in(request.session))


class PersonMiddleware:
    """Show times by the clock of whoever asks, and keep their pages out of every cache."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if request.user.is_authenticated:
            timezone.activate(request.user.zone)
        else:
            timezone.deactivate()
        response = self.get_response(request)
        if request.user.is_authenticated:
            # Nothing private stays behind on a shared device, and a page come back to shows what is
            # stored now.
            response.headers.setdefault("Cache-Control", "no-store, private")
        return response
