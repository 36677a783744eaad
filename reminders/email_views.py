"""Switching reminders by e-mail on, on the page of channels, and off, by the link of a mail."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.signing import BadSignature
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from accounts.emails import verified_email
from reminders import email


@require_POST
def email_add(request):
    """Send reminders to the confirmed address of the person."""
    address = verified_email(request.user) if settings.HAS_EMAIL else ""
    if not address:
        messages.error(request, _("There is no confirmed e-mail address to send reminders to."))
    elif email.switch_on(request.user, address):
        text = _("Reminders are sent to %(address)s from now on.")
        messages.success(request, text % {"address": address})
    else:
        messages.error(request, _("You have as many ways to be reminded as there can be. Please remove one first."))
    return redirect("reminders:channels")


@csrf_exempt  # Mail programs send the POST (RFC 8058). The token is what permits it.
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def email_off(request, token):
    """GET only asks: scanners of mails open every link. POST switches off, without a session or a redirect."""
    state = "asked"
    try:
        if request.method == "POST":
            email.switch_off(token)
            state = "off"
        elif not email.channels_of_token(token).exists():
            state = "off already"
    except BadSignature:
        state = "forged"
    return render(request, "reminders/email_off.html", {"state": state})
