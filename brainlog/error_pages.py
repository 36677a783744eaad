"""Error pages: 400, 403, 404, 500, and 503 for a database error that passes without a change of the code."""

import logging
import sys
from functools import wraps

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import Resolver404, resolve
from django.views import defaults

from brainlog import circuit_breaker
from brainlog.database.errors import error_code, remedy_for

logger = logging.getLogger("brainlog.database")

RETRY_AFTER = 5  # seconds


def without_parsing_body(view):
    """Render one of Django's error views without parsing the request body.

    The CSRF check would parse it, to find the token. The size of this body may not have been checked: an unknown
    address has no view that states its limit, so Django would read up to the largest limit of all views.
    """

    @wraps(view)
    def page(request, *args, **kwargs):
        request.csrf_processing_done = True
        return view(request, *args, **kwargs)

    return page


bad_request = without_parsing_body(defaults.bad_request)
permission_denied = without_parsing_body(defaults.permission_denied)
page_not_found = without_parsing_body(defaults.page_not_found)
internal_error = without_parsing_body(defaults.server_error)


def server_error(request):
    """Answer a request that ended in an exception. Uses neither the database nor the session: both may have failed."""
    error = sys.exc_info()[1]
    code = error_code(error)
    if remedy_for(code) is None:
        return internal_error(request)
    if circuit_breaker.outage_code(code):
        circuit_breaker.database.start_probing()
    return unavailable(request, code, type(error).__name__)


def unavailable(request, code: str, cause: str) -> HttpResponse:
    """Answer 503 for a database error that has a remedy, and log the remedy."""
    # The driver's message is left out: it can contain values, names and addresses.
    logger.error("%s (%s, %s, %s)", remedy_for(code), view_name(request), cause, code)
    page = render_to_string("503.html", {"address": request.get_full_path()})
    response = HttpResponse(page, status=503, headers={"Retry-After": RETRY_AFTER, "Cache-Control": "no-store"})
    # Keeps django.request from logging the error again, with the driver's message. Django has no public name for this.
    response._has_been_logged = True
    return response


def view_name(request) -> str:
    """Return the name of the view at the request's address, also if the request did not reach it."""
    try:
        return resolve(request.path_info).view_name
    except Resolver404:
        return "no view"
