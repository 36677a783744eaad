"""What the body of a request may be: how large, by its view and its sender, and in UTF-8. Before anything reads it."""

import sys
from contextlib import suppress

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import BadRequest
from django.http import UnreadablePostError
from django.shortcuts import render


def accepts_up_to(most: int):
    """Let a signed-in person send so many bytes to a view, where others take `settings.BODY_OF_PERSON`.

    A visitor never sends more than `settings.BODY_OF_VISITOR`. `settings.DATA_UPLOAD_MAX_MEMORY_SIZE` bounds the
    fields of a form in any case. A view that takes a file of any size reads it itself, in pieces, after asking who
    is there: it is `csrf_exempt` outside and `csrf_protect` inside, as Django's documentation shows.
    """

    def mark(view):
        view.most_bytes = most
        return view

    return mark


def size_of(request) -> int:
    """The bytes that can be read from a request: Django reads as many as this header says, and none without it.

    Raises BadRequest for a length that is no number, where Django would end in an error.
    """
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not (length.isascii() and length.isdecimal()):
        raise BadRequest("The length of the body is no number.")
    # More digits than that could not be converted.
    return int(length) if len(length) < 19 else sys.maxsize


class BodyMiddleware:
    """Answers 413 to what is too large, 400 to what is not in UTF-8. Nothing of the body has been parsed by then.

    Django decodes a form by the character set its sender names. Some are none at all and end in a
    server error, some make half characters that no database can hold. Every browser sends ours in UTF-8.

    Stands before CsrfViewMiddleware, whose `process_view` is the first to read a form. By then the session is loaded,
    since PersonMiddleware needs it for every request: a cookie that is no valid session makes its sender a visitor.
    """

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        return self.get_response(request)

    def process_view(self, request, view, args, kwargs):
        if request.content_params.get("charset", "utf-8").lower() not in {"utf-8", "utf8"}:
            raise BadRequest("Only UTF-8 is understood.")
        size = size_of(request)
        if size <= settings.BODY_OF_VISITOR:
            return None
        if not request.user.is_authenticated:
            discard(request, size, up_to=settings.BODY_OF_LONG_TEXTS)
            if getattr(view, "login_required", True):
                # The session of a long text has ended. The browser keeps the text, and offers it after the login.
                return redirect_to_login(request.get_full_path())
        elif size <= getattr(view, "most_bytes", settings.BODY_OF_PERSON):
            return None
        else:
            discard(request, size, up_to=5 * settings.BODY_OF_LONG_TEXTS)
        return render(request, "413.html", status=413)


PIECE = 64 * 1024


def discard(request, size: int, up_to: int):
    """Take a body from the connection and keep nothing, unless it is so large that no person has typed it.

    gunicorn closes a connection with much on it that was not read. A browser that is still sending would then show
    an error of its own in place of our page. (A proxy in front has taken the whole body before, and bounds it.)
    """
    with suppress(UnreadablePostError):  # The sender has gone.
        while size <= up_to and request.read(PIECE):
            pass
