"""Checks of a request body before anything reads it: its size, by view and sender, and that it is in UTF-8."""

import sys
from contextlib import suppress

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import UnreadablePostError
from django.shortcuts import render


def max_body_size(most: int):
    """Set the limit of a view for signed-in people, in bytes. Without it the limit is `settings.MAX_PERSON_BODY`.

    Visitors can never send more than `settings.MAX_VISITOR_BODY`, and `settings.DATA_UPLOAD_MAX_MEMORY_SIZE` limits the
    fields of a form in any case. A view that accepts files of any size has to read them in chunks, after it has
    checked the session: `csrf_exempt` outside and `csrf_protect` inside, as Django's documentation shows.
    """

    def mark(view):
        view.most_bytes = most
        return view

    return mark


def size_of(request) -> int:
    """Return the Content-Length of a request. Django reads that many bytes of the body, and none without the header.

    Raises BadRequest for a malformed length, for which Django would raise an error.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise BadRequest("Malformed Content-Length.")
    # Python refuses to convert very long numbers.
    return int(length) if len(length) < 19 else sys.maxsize


class BodyMiddleware:
    """Answers 413 to a body that is too large and 400 to any charset but UTF-8, before the body is stored or parsed.

    Django decodes a form by the charset its sender names. An unknown charset ends in a server error, and some
    charsets produce lone surrogates, which no database can store. Browsers send our forms in UTF-8.

    Has to stand before CsrfViewMiddleware, whose `process_view` is the first to read a form. The session is loaded by
    then, because PersonMiddleware needs it for every request; an invalid session cookie makes the sender a visitor.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise BadRequest("Only UTF-8 is accepted.")
        size = size_of(request)
        if size <= settings.MAX_VISITOR_BODY:
            return None
        if not request.user.is_authenticated:
            discard(request, size, up_to=settings.MAX_LONG_TEXT_BODY)
            if getattr(view, "login_required", True):
                # The session expired while a long text was written. The browser keeps it for after the login.
                return redirect_to_login(request.get_full_path())
        elif size <= getattr(view, "most_bytes", settings.MAX_PERSON_BODY):
            return None
        else:
            discard(request, size, up_to=5 * settings.MAX_LONG_TEXT_BODY)
        return render(request, "413.html", status=413)


CHUNK = 64 * 1024


def discard(request, size: int, up_to: int):
    """Read a body and drop it, unless it is larger than anything a person could have typed.

    gunicorn closes a connection on which much is unread. A browser that is still sending would then show an error of
    its own instead of our page. (A proxy in front buffers and limits the whole body.)
    """
    with suppress(UnreadablePostError):  # The client has disconnected.
        while size <= up_to and request.read(CHUNK):
            pass
