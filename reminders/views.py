"""The page of reminders: when, how often, paused and snoozed."""

import datetime

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.forms import PauseForm
from accounts.models import User
from logs.check_in_times import to_json
from reminders.forms import ReminderForm, set_pause, set_snooze
from reminders.models import Channel, Plan, SenderState
from reminders.plans import rhythm_of

SNOOZES = {"15": 15, "60": 60}  # minutes


def reminders(request):
    person = request.user
    plan = Plan.objects.filter(pk=person.pk).first() or Plan(user=person)
    form = ReminderForm(person, plan, request.POST if request.method == "POST" else None)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your reminders are saved."))
        return redirect("reminders:reminders")
    return render(request, "reminders/reminders.html", page_context(request, form))


def page_context(request, form) -> dict:
    person, plan = request.user, form.plan
    periods = PauseForm.base_fields["pause"].choices
    return {
        "form": form,
        "pauses": [(value, label) for value, label in periods if value != "resume"],
        "paused": pause_in_words(person),
        "is_paused": are_reminders_paused(person),
        "next": instant_in_words(person, plan.next_at) if plan.next_at else "",
        "channels": Channel.objects.listed(person, timezone.now()).count(),
        "is_sender_running": SenderState.is_running(timezone.now()),
    }


def pause_in_words(person: User) -> str:
    """That reminders are paused, and until when; empty if they are not."""
    until = person.reminders_paused_until
    if not are_reminders_paused(person):
        return _("Reminders are paused with your notices and hints.") if person.are_notices_paused else ""
    if until == User.FOR_GOOD:
        return _("Reminders are paused for good.")
    return _("Reminders are paused until %(day)s.") % {"day": date_format(until)}


def are_reminders_paused(person: User) -> bool:
    return person.reminders_paused_until is not None and person.today() < person.reminders_paused_until


def instant_in_words(person: User, instant: datetime.datetime) -> str:
    """`today at 12:00`, or the date and the time, by the person's clock."""
    local = person.local_time(instant)
    time = time_format(local.time())
    if local.date() == person.local_time().date():
        return _("today at %(time)s") % {"time": time}
    return _("%(day)s at %(time)s") % {"day": date_format(local.date()), "time": time}


@require_POST
def later(request):
    """Without reminders for now: Today does not ask again."""
    person = request.user
    if person.check_in_times is None:
        User.objects.filter(pk=person.pk, check_in_times__isnull=True).update(check_in_times=to_json({}))
        messages.success(request, _("No reminders, then. You find them under “You”."))
    return redirect("today")


@require_POST
def pause(request):
    """Pause all reminders for one of the periods, or end the pause."""
    form = PauseForm(request.POST)
    if form.is_valid():
        set_pause(request.user, form.until(request.user.today()))
        messages.success(request, pause_in_words(request.user) or _("Reminders come again."))
    else:
        messages.error(request, _("Please choose for how long."))
    return redirect("reminders:reminders")


@require_POST
def snooze(request):
    """No reminder for some minutes or for the rest of the day; then again, if the check-in is still open."""
    person, now = request.user, timezone.now()
    plan = Plan.objects.filter(pk=person.pk).first()
    minutes, is_today = SNOOZES.get(request.POST.get("for")), request.POST.get("for") == "today"
    if plan is None or not (minutes or is_today):
        messages.error(request, _("Please choose for how long."))
        return redirect("today")
    tomorrow = person.today(now) + datetime.timedelta(days=1)
    until = now + datetime.timedelta(minutes=minutes) if minutes else rhythm_of(plan, person).start_of(tomorrow)
    set_snooze(person, until, now)
    plan.refresh_from_db(fields=["next_at"])  # Earlier only for a check-in that is over by the end of the snooze.
    earliest = min(until, plan.next_at or until)
    text = _("No more reminders today.") if is_today else _("The next reminder comes at %(time)s at the earliest.")
    messages.success(request, text % {"time": time_format(person.local_time(earliest).time())})
    return redirect("today")
