"""The page of channels: which ones a person has, adding and removing them, and sending one on request."""

import datetime
import threading

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import rate_limits
from reminders import sender
from reminders.channels import GONE, KINDS, ChannelKind, Message, SendingError, TooManyChannels
from reminders.models import Channel

# A message that a person asks for occupies a thread of the web process for about ten seconds if its server hangs. The
# first limit bounds how many threads one person occupies, the number how many all people together do in a process.
SEND_ONE_AT_ONCE = rate_limits.Limit("reminder-now-at-once", 1, 1 / 6)
SEND_ONE = rate_limits.Limit("reminder-now", 10, 10)
MOST_AT_ONCE = 2
sending_now = threading.BoundedSemaphore(MOST_AT_ONCE)
ADD = rate_limits.Limit("reminder-add", 30, 60)
SHOWN_FOR = datetime.timedelta(minutes=10)


@require_safe
def channels(request):
    return render_page(request, {})


@require_POST
def channel_add(request, slug):
    kind = KINDS.get(slug)
    if kind is None or kind.form_class is None or not kind.is_configured():
        raise Http404
    rate_limits.consume(ADD, str(request.user.pk))
    form = kind.form_class(request.POST, request=request)
    if not form.is_valid():
        return render_page(request, {slug: form})
    try:
        form.save()
    except TooManyChannels:
        text = _("You have %(most)s ways to be reminded, as many as there can be. Please remove one first.")
        messages.error(request, text % {"most": Channel.MOST_PER_PERSON})
        return render_page(request, {slug: form})
    messages.success(request, _("Added. “Send me one now” shows whether it works."))
    return redirect("reminders:channels")


@require_POST
def channel_remove(request, pk):
    channel = get_object_or_404(Channel, pk=pk, user=request.user)
    channel.delete()
    messages.success(request, _("Removed. No reminders go there any more."))
    return redirect("reminders:channels")


@require_POST
def channel_test(request, pk):
    """Send one message on a channel now, and say what happened. It is no reminder: no delivery is stored."""
    channel = get_object_or_404(Channel, pk=pk, user=request.user)
    kind = KINDS.get(channel.kind)
    if kind is None or not kind.is_configured():
        messages.error(request, _("This server does not send reminders that way at the moment."))
        return redirect("reminders:channels")
    if not sending_now.acquire(blocking=False):
        return ask_to_wait(request)
    try:
        rate_limits.consume_all([(limit, str(request.user.pk)) for limit in limits_of(channel)])
        error = sender.send(channel, message_now())
    except rate_limits.RateLimitExceeded as exceeded:
        if exceeded.limit is not SEND_ONE_AT_ONCE:
            raise
        return ask_to_wait(request)  # For seconds: such as for a person who tries their channels one after the other.
    finally:
        sending_now.release()
    sender.record_outcome(channel, error, is_reminder=False)
    show_outcome(request, kind, error)
    return redirect("reminders:channels")


def ask_to_wait(request):
    messages.error(request, _("Messages are being sent just now. Please try again in a moment."))
    return redirect("reminders:channels")


def limits_of(channel: Channel) -> list[rate_limits.Limit]:
    """What limits the messages that a person asks for: a mail counts with the other mails of theirs, too."""
    of_mails = [rate_limits.MAIL_BY_PERSON] if channel.kind == Channel.Kind.EMAIL else []
    return [SEND_ONE_AT_ONCE, SEND_ONE, *of_mails]


def show_outcome(request, kind: ChannelKind, error: SendingError | None) -> None:
    if error is None:
        messages.success(request, _("Sent. It should be there within a minute."))
    elif error.is_gone:
        messages.error(request, kind.explain(GONE))
    else:
        messages.error(request, kind.explain(error.code))


def message_now() -> Message:
    """In neutral words: it may be shown on a lock screen."""
    return Message(
        title=_("Time for your log"),
        body=_("You asked for this one, to see that it arrives."),
        path=reverse("reminders:channels"),
        tag="now",
        worth_until=timezone.now() + SHOWN_FOR,
    )


def render_page(request, forms: dict):
    """The page, with the forms of the kinds that the operator has enabled. `forms` are those that were sent."""
    configured = {slug: kind for slug, kind in KINDS.items() if kind.is_configured()}
    rows = [row_of(channel, request) for channel in Channel.objects.listed(request.user, timezone.now())]
    context = {
        "channels": rows,
        "is_here": any(row["is_here"] and row["channel"].last_error != GONE for row in rows),
        "sections": [section_of(kind, forms.get(slug), request) for slug, kind in configured.items() if kind.template],
        "missing": [Channel.Kind(slug).label for slug in KINDS if slug not in configured],
    }
    return render(request, "reminders/channels.html", context)


def title_of(kind: ChannelKind) -> str:
    return kind.title or Channel.Kind(kind.slug).label


def section_of(kind: ChannelKind, form, request) -> dict:
    """The part of the page that adds a channel of a kind. `form` is the one that was sent, if any."""
    if form is None and kind.form_class:
        form = kind.form_class(request=request)
    return {"kind": kind, "title": title_of(kind), "form": form, "more": kind.more(request)}


def row_of(channel: Channel, request) -> dict:
    """What the page says about a channel."""
    kind: ChannelKind | None = KINDS.get(channel.kind)
    is_here = channel.known_browser_id and channel.known_browser_id == request.session.known_browser_id
    return {
        "channel": channel,
        "name": channel.label or channel.get_kind_display(),
        "is_here": bool(is_here),
        "is_off": kind is None or not kind.is_configured(),
        "failure": kind.explain(channel.last_error) if kind and channel.last_error else "",
    }
