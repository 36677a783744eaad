"""Looking through what was logged: the calendar of a month with the list of all days, and the search."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from brainlog.database.router import reads_only
from brainlog.pagination import page_number, page_of
from logs.calendar_days import FIRST_MONTH, Squares, lines_of, month_grid, month_of
from logs.forms import MonthForm
from logs.models import logs_listed
from logs.periods import ONE_DAY
from logs.search import find, medications_with
from logs.search_form import SearchForm
from logs.search_query import Position


@require_safe
@reads_only
def history(request):
    person, day = request.user, request.user.today()
    try:
        first = month_of(request.GET.get("month"), day)
    except ValueError as error:
        raise Http404 from error
    form = MonthForm(day, first, request.GET)
    if form.is_bound and form.is_valid():
        return redirect(f"{reverse('logs:history')}?month={form.cleaned_data['first']:%Y-%m}")
    weeks = month_grid(first, person.first_weekday)
    in_month = {log.date: log for log in logs_listed(user=person.pk, first=weeks[0][0], last=weeks[-1][-1])}
    logs, pages = page_of(person.daily_logs.for_list(), page_number(request), by="date")
    squares = Squares(day, person.first_day, first.month)
    context = pages | {
        "first": first,
        "has_begun": first <= day,
        "form": form,
        "weeks": [[squares.square(date, in_month.get(date)) for date in week] for week in weeks],
        "month_before": first - ONE_DAY if first > FIRST_MONTH else None,
        "month_after": after if (after := (first + 31 * ONE_DAY).replace(day=1)) <= day else None,
        "lines": lines_of(logs, person),
    }
    return render(request, "logs/history.html", context)


@require_safe
@reads_only
def search(request):
    """Hits of what is asked for, from a position on: `before`, as the page before links to it."""
    person = request.user
    form = SearchForm(person)
    if form.fields.keys() & request.GET.keys():
        form = SearchForm(person, request.GET)
    try:
        before = Position.from_text(sent) if (sent := request.GET.get("before")) else None
    except ValueError as error:
        raise Http404 from error
    context = {"form": form, "before": before}
    if form.is_bound and form.is_valid():
        wanted = form.wanted
        found = find(person, wanted, before)
        context |= {
            "found": found,
            "medications": medications_with(person, wanted.words) if wanted.is_of_words_alone and not before else [],
            "older": form.query(before=found.goes_on) if found.goes_on else None,
            "newest": form.query() if before else None,
        }
    return render(request, "logs/search.html", context)
