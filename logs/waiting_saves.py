"""Saves of check-ins and weeks that waited in a browser for the network; static/js/waiting.js sends them."""

from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import get_messages
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

HEADER = "X-Brainlog-Person"


@login_not_required
@require_safe
@cache_control(no_store=True)
def waiting(request):
    """Who is logged in, and a CSRF token: that of a page ends with the login that it was made in."""
    person = str(request.user.pk) if request.user.is_authenticated else None
    return JsonResponse({"person": person, "token": person and get_token(request)})


def is_waiting_save(request) -> bool:
    """Whether a script sends a save that waited."""
    return request.method == "POST" and HEADER in request.headers


def takes_waiting_saves(view):
    """Let the view of a form answer a script: whether all is saved, and the address that the save leads to.

    Such a request names in a header the person who typed it. Another one, who logged in since, is refused.
    """

    @wraps(view)
    def answer(request, *args, **kwargs):
        if not is_waiting_save(request):
            return view(request, *args, **kwargs)
        if request.headers[HEADER] != str(request.user.pk):
            return JsonResponse({}, status=403)
        response = view(request, *args, **kwargs)
        if response.status_code == 302:
            return JsonResponse({"saved": True, "address": response.url})
        # The page with the question is not shown, and nor are its messages: they stay for the next one.
        get_messages(request).used = False
        return JsonResponse({"saved": False})

    return answer
