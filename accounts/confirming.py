from urllib.parse import urlencode

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.account.internal.flows.reauthentication import STATE_SESSION_KEY
from allauth.account.signals import authentication_step_completed
from django.contrib import messages
from django.dispatch import receiver
from django.shortcuts import redirect
from django.utils.translation import gettext as _

# How many times of having confirmed who one is are kept in a session. The newest says whether to ask again.
MOST_RECORDS = 10


@receiver(authentication_step_completed, dispatch_uid="accounts.confirming")
def keep_newest_records(request, **kwargs):
    """allauth keeps one for each time: the session would grow with each confirmation."""
    records = request.session.get(AUTHENTICATION_METHODS_SESSION_KEY, [])
    if len(records) > MOST_RECORDS:
        request.session[AUTHENTICATION_METHODS_SESSION_KEY] = records[-MOST_RECORDS:]


def ask_who_is_there(request, page: str, then: str):
    """Lead to a page that asks, and from there on to `then`. What was sent is to be sent again."""
    request.session.pop(STATE_SESSION_KEY, None)  # A form that an earlier release has kept for later.
    if request.method == "POST":
        messages.info(request, _("Nothing has changed yet. Say that it is you, then do it once more."))
    return redirect(f"{page}?{urlencode({'next': then})}")
