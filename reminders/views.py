"""The page of reminders: when, how often, paused and snoozed."""

import datetime

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import date_format, time_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.models import User
from logs.check_in_times import to_json
from reminders.forms import ReminderForm, RemindersPauseForm, set_pause
from reminders.models import Plan, SenderState
from reminders.plans import replan, rhythm_of

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


def page_context(request, form, pause_form: RemindersPauseForm | None = None) -> dict:
    person, plan = request.user, form.plan
    periods = RemindersPauseForm.base_fields["pause"].choices
    return {
        "form": form,
        "pause_form": pause_form or RemindersPauseForm(person),
        "pauses": [(value, label) for value, label in periods if value != "resume"],
        "paused": pause_in_words(person),
        "next": instant_in_words(person, plan.next_at) if plan.next_at else "",
        "channels": person.reminder_channels.count(),
        "is_sender_running": SenderState.is_running(timezone.now()),
    }


def pause_in_words(person: User) -> str:
    """That reminders are paused, and until when; empty if they are not."""
    until = person.reminders_paused_until
    if until is None or until <= person.today():
        return _("Reminders rest with your notices and hints.") if person.are_notices_paused else ""
    if until == User.FOR_GOOD:
        return _("Reminders are paused for good.")
    return _("Reminders are paused until %(day)s.") % {"day": date_format(until)}


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
    form = RemindersPauseForm(request.user, request.POST)
    if not form.is_valid():
        plan = Plan.objects.filter(pk=request.user.pk).first() or Plan(user=request.user)
        context = page_context(request, ReminderForm(request.user, plan), form)
        return render(request, "reminders/reminders.html", context)
    set_pause(request.user, form.until(request.user.today()))
    messages.success(request, pause_in_words(request.user) or _("Reminders come again."))
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
    Plan.objects.filter(pk=plan.pk).update(snoozed_until=until)
    replan(person, now)
    text = _("No more reminders today.") if is_today else _("The next reminder comes at %(time)s at the earliest.")
    messages.success(request, text % {"time": time_format(person.local_time(until).time())})
    return redirect("today")
