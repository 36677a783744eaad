from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect
from django.utils.translation import gettext as _


def ask_who_is_there(request, page: str, then: str):
    """Lead to a page that asks, and from there on to `then`. What was sent is to be sent again."""
    if request.method == "POST":
        messages.info(request, _("Nothing has changed yet. Say that it is you, then do it once more."))
    return redirect(f"{page}?{urlencode({'next': then})}")
