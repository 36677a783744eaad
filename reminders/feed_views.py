"""The calendar feed, and the page on which a person makes, renews and revokes its address."""

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rate_limits
from brainlog.origin import trusted_origin
from reminders.feed import DAYS, calendar_of
from reminders.models import Feed


@require_http_methods(["GET", "HEAD", "POST"])
def feed(request):
    """POST makes an address in place of the former one. The answer to it is the only one that shows the address."""
    address = ""
    if request.method == "POST":
        token = Feed.objects.renew(request.user)
        address = trusted_origin(request) + reverse("reminders:calendar", args=[token])
    context = {"address": address, "feed": Feed.objects.filter(user=request.user).first(), "days": DAYS}
    return render(request, "reminders/feed.html", context)


@require_POST
def feed_off(request):
    """Revoke the address."""
    Feed.objects.filter(user=request.user).delete()
    messages.success(request, _("The address does not work any more. A calendar may show its last state for a while."))
    return redirect("reminders:feed")


@login_not_required
@require_safe
def calendar(request, token):
    """The calendar of a token: the same 404 for all that there are not. No answer sets a cookie."""
    now = timezone.now()
    feed = Feed.objects.with_token(token, now)
    if feed is None:
        raise Http404
    rate_limits.consume(rate_limits.FEED, str(feed.pk))
    content = calendar_of(feed, trusted_origin(request), now)
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["ETag"] = etag = quote_etag(hashlib.sha256(content).hexdigest())
    return get_conditional_response(request, etag=etag, response=response)
