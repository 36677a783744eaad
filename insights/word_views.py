"""The pages of what a person wrote, and of the days that they left out of it."""

import datetime

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from brainlog.database.router import reads_only
from brainlog.pagination import page_by_offset, page_number
from insights.words import THEME_BY_SLUG, THEMES, hide, month_of, show_again, words_of
from logs import undo
from logs.calendar_days import full_name_of
from logs.converters import DayConverter, MonthConverter
from logs.periods import Month
from logs.saving import Change
from reflections.models import WeeklyReflection

HIDDEN = "hidden"  # What is undone.


@require_safe
@reads_only
def words(request):
    theme, month = theme_or_404(request.GET), month_or_404(request.GET)
    found = words_of(request.user, [theme] if theme else THEMES, month)
    context = {
        "words": found,
        "themes": [
            {"name": each.name, "address": address_of(found.month, each), "is_now": each is theme} for each in THEMES
        ],
        "all_address": address_of(found.month, None),
        "is_all": theme is None,
        "before_address": found.before and address_of(found.before, theme),
        "after_address": found.after and address_of(found.after, theme),
        "theme": theme,
        "has_hidden": request.user.hidden_days.exists(),
    }
    return render(request, "insights/words.html", context)


def theme_or_404(data):
    """The theme that a page is about; None for all."""
    slug = data.get("theme")
    if slug and slug not in THEME_BY_SLUG:
        raise Http404
    return THEME_BY_SLUG.get(slug)


def month_or_404(data) -> Month | None:
    text = data.get("month")
    try:
        return Month(MonthConverter().to_python(text)) if text else None
    except ValueError as error:
        raise Http404 from error


def address_of(month, theme) -> str:
    asked = {"month": f"{month.first:%Y-%m}"} | ({"theme": theme.slug} if theme else {})
    return f"{reverse('insights:words')}?{urlencode(asked)}"


@require_POST
def hide_day(request):
    date, is_week = chosen_or_404(request.POST)
    rows, by = (request.user.weekly_reflections, "week_start") if is_week else (request.user.daily_logs, "date")
    get_object_or_404(rows.only("pk"), **{by: date})
    hide(request.user, date, is_week=is_week)
    text = _("%(day)s is not shown here any more. What you wrote stays in your log.") % {"day": name_of(date, is_week)}
    change = Change({HIDDEN: ([date.isoformat(), is_week], "", "")}, {})
    undo.say(request, text, address=reverse("insights:show_day"), about=HIDDEN, change=change)
    return redirect(address_of(month_of(date), theme_or_404(request.POST)))


def chosen_or_404(data) -> tuple[datetime.date, bool]:
    """The day or the week that a button names, and whether it is a week."""
    is_week = "week" in data
    try:
        return DayConverter().to_python(data.get(kind_of(is_week), "")), is_week
    except ValueError as error:
        raise Http404 from error


@require_POST
def show_day(request):
    """Show a day again: by a button of the list of hidden days, or by undo."""
    try:
        date, is_week = undone(request) if "envelope" in request.POST else chosen_or_404(request.POST)
    except undo.CannotUndoError as refusal:
        messages.error(request, str(refusal))
        return redirect("insights:hidden_days")
    show_again(request.user, date, is_week=is_week)
    messages.success(request, _("%(day)s is shown again.") % {"day": name_of(date, is_week)})
    return redirect(address_of(month_of(date), None))


def undone(request) -> tuple[datetime.date, bool]:
    _about, change = undo.opened(request)
    with undo.refuse_other_formats():
        (date, is_week), _before, _after = change.answers[HIDDEN]
        return datetime.date.fromisoformat(date), bool(is_week)


def kind_of(is_week: bool) -> str:
    """The name of a button of a day or a week."""
    return "week" if is_week else "day"


def name_of(day, is_week: bool) -> str:
    return str(WeeklyReflection(week_start=day)) if is_week else full_name_of(day)


@require_safe
@reads_only
def hidden_days(request):
    rows, pages = page_by_offset(request.user.hidden_days.all(), page_number(request))
    lines = [
        {"name": name_of(row.date, row.is_week), "kind": kind_of(row.is_week), "value": row.date.isoformat()}
        for row in rows
    ]
    return render(request, "insights/hidden_days.html", pages | {"lines": lines})
