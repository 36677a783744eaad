"""The project's addresses, and some that fail on purpose, for a look at the error pages."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.urls import path

from accounts.rate_limits import RateLimitExceeded
from brainlog.urls import handler500, urlpatterns as real_urlpatterns  # noqa: F401 - Django looks for it here

ERRORS = {
    400: SuspiciousOperation("on purpose"),
    403: PermissionDenied("on purpose"),
    429: RateLimitExceeded(300),
    500: RuntimeError("on purpose"),
    503: OperationalError("on purpose"),
}


@login_not_required
def broken(request, status):
    raise ERRORS[status]


urlpatterns = [*real_urlpatterns, path("broken/<int:status>/", broken)]
