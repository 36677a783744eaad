"""The pages of what happened: a person's own dated notes."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from brainlog.pagination import page_by_offset, page_number
from insights.event_form import EventForm
from insights.events import DELETED, add_event, bring_back, change_event, days_in_words, delete_event
from logs import undo
from logs.addresses import address_of_day
from logs.converters import DayConverter


def events(request):
    """All of them, newest first, and a form for a new one; `day` proposes its day."""
    person = request.user
    form = EventForm(
        person, request.POST if request.method == "POST" else None, initial={"date": proposed_day(request)}
    )
    if form.is_bound and form.is_valid():
        try:
            event = add_event(person, form.cleaned_data)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            say_event_saved(request, event, _("It is written down."))
            return redirect("insights:events")
    rows, pages = page_by_offset(person.events.newest_first(), page_number(request))
    lines = [{"event": event, "days": days_in_words(event.date, event.last)} for event in rows]
    return render(request, "insights/events.html", pages | {"form": form, "lines": lines})


def proposed_day(request):
    """The day in the address, if it names one that has begun; else today."""
    today = request.user.today()
    try:
        return min(DayConverter().to_python(request.GET.get("day", "")), today)
    except ValueError:
        return today


def say_event_saved(request, event, text: str):
    """Messages are in a cookie until they are shown: they hold no words of a person."""
    text = format_html(
        '{} <a href="{}">{}</a>',
        text,
        address_of_day(event.date),
        _("To %(day)s") % {"day": date_format(event.date)},
    )
    messages.success(request, text)


def event(request, pk):
    person = request.user
    event = get_object_or_404(person.events, pk=pk)
    form = EventForm(person, request.POST if request.method == "POST" else None, event=event)
    if form.is_bound and form.is_valid():
        say_event_saved(request, change_event(person, pk, form.cleaned_data), _("It is saved."))
        return redirect("insights:events")
    return render(request, "insights/event.html", {"form": form, "event": event})


@require_POST
def delete(request, pk):
    change = delete_event(request.user, pk)
    undo.say(request, _("It is deleted."), address=reverse("insights:undo_event"), about=DELETED, change=change)
    return redirect("insights:events")


@require_POST
def undo_deletion(request):
    try:
        _about, change = undo.opened(request)
        event = bring_back(request.user, change)
    except undo.CannotUndoError as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Undone. What happened on %(day)s is back.") % {"day": date_format(event.date)})
    return redirect("insights:events")
