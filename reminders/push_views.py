"""What the service worker asks to keep the address of its browser up to date: static/worker/subscription.js."""

from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token

from accounts import rate_limits
from reminders.channel_views import ADD
from reminders.channels import GONE, KINDS, SendingError, details_of
from reminders.models import Channel
from reminders.push import PushForm, channel_of_browser


def renew(request):
    """GET: what is stored for this browser. POST: store its new subscription, if the person has added this browser."""
    kind = KINDS[Channel.Kind.PUSH]
    if not kind.is_configured():
        return HttpResponse(status=204)  # Browsers keep their subscription: push may be switched on again.
    if request.method == "POST":
        rate_limits.consume(ADD, str(request.user.pk))
        form = PushForm(request.POST, request=request)
        return JsonResponse({"renewed": form.is_valid() and form.renew()})
    channel = channel_of_browser(request)
    device = {"endpoint": endpoint_of(channel), "works": channel.last_error != GONE} if channel else None
    return JsonResponse({"token": get_token(request), "key": kind.public_key, "device": device})


def endpoint_of(channel: Channel) -> str:
    """Empty for one that cannot be decrypted: the browser then sends it again."""
    try:
        return details_of(channel)["endpoint"]
    except SendingError:
        return ""
