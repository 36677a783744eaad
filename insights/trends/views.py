"""The pages of trends: all charts of a period, one chart with its table, and its data as CSV."""

from django.http import Http404, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts import rate_limits
from brainlog.database.router import reads_only
from brainlog.pagination import page_by_offset, page_number
from insights.dose_periods import doses_from, read_taken
from insights.events import marks_for
from insights.series import began, drawable, read_series
from insights.trends.csv_files import csv_of
from insights.trends.doses import medicines_of
from insights.trends.groups import group_named, groups_of
from insights.trends.numbers import numbers_from
from insights.trends.page import TrendPage
from insights.trends.period import period_in
from insights.trends.statistics import Steps
from insights.trends.tables import days_shown, table_of_days, table_of_weeks, weeks_shown

OWN_A_PAGE = 10  # charts of own questions
ROWS_A_PAGE = 92  # of a table: three months of days


@require_safe
@reads_only
def trends(request):
    """The charts that everyone has, then those of the person's own questions, ten a page."""
    person, number = request.user, page_number(request)
    start = began(person)
    period = period_in(request.GET, person.today(), start)
    built_in, own, others = groups_of(drawable(person))
    shown, pages = page_by_offset(own, number, OWN_A_PAGE)
    groups = [*(built_in if number == 1 else []), *shown]
    context = {"period": period, "others": others, "groups": groups} | pages
    if period.first:
        page = TrendPage(person, groups, steps_of(person, period), start, marks_of(person, period))
        context |= {"events": page.events(), "cards": page.cards()}
        context |= {"check_ins": page.check_ins() if number == 1 else None}
    return render(request, "insights/trends.html", context)


@require_safe
@reads_only
def trend(request, key):
    """One chart, with profiles and a page of the table."""
    person, number, start = request.user, page_number(request), began(request.user)
    period = period_in(request.GET, person.today(), start)
    group = group_named(key, drawable(person))
    context = {"period": period, "group": group}
    if period.first:
        marks = marks_of(person, period)
        page = TrendPage(person, [group], steps_of(person, period), start, marks, has_table=True)
        context |= {"card": page.cards()[0], "profiles": page.profiles(group)}
        context |= (weeks_of if page.steps.are_weeks else days_of)(page, group, number)
    return render(request, "insights/trend.html", context)


@require_safe
def trend_csv(request, key):
    """The data of a chart as a file. Raises RateLimitExceeded."""
    rate_limits.consume(rate_limits.TREND_CSV, str(request.user.pk))
    return csv_response(request, key)


@reads_only
def csv_response(request, key):
    person, start = request.user, began(request.user)
    period = period_in(request.GET, person.today(), start)
    group = group_named(key, drawable(person))
    if not period.first:
        raise Http404
    steps = steps_of(person, period)
    lines = csv_of(*read_for(person, group, steps, start))
    response = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"brain-log-{group.key}-{steps.first}-{steps.last}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def steps_of(person, period) -> Steps:
    return Steps.of(period.first, period.last, person.week_of)


def marks_of(person, period):
    return marks_for(person, period.first, period.last)


def weeks_of(page: TrendPage, group, number: int) -> dict:
    """A page of the table of weeks: of numbers that the cache may hold, and of the doses of its weeks alone."""
    trends, steps, medicines = page.numbers.trends, page.steps, []
    places, links = page_by_offset(weeks_shown(trends), number, ROWS_A_PAGE)
    if group.is_of_doses and places:
        first, last = steps.start_of(places[-1]), steps.days_of(places[0])[-1]
        taken = read_taken(page.person, first, last)
        medicines = medicines_of(taken, doses_from(taken, first, last), first, last)
    return {"table": table_of_weeks(group.questions, trends, steps, places, medicines)} | links


def days_of(page: TrendPage, group, number: int) -> dict:
    """A page of the table of days, which are a year at most. The medications are in the table of their own chart."""
    series, trends, _steps, medicines = read_for(page.person, group, page.steps, page.start)
    places, links = page_by_offset(days_shown(series), number, ROWS_A_PAGE)
    return {"table": table_of_days(series, trends, places, medicines if group.is_of_doses else ())} | links


def read_for(person, group, steps: Steps, start) -> tuple:
    """The answers to a chart's questions and the doses, read anew: the cache holds no answers in words."""
    taken = read_taken(person, steps.first, steps.last)
    doses = doses_from(taken, steps.first, steps.last)
    series = read_series(person, group.questions, steps.first, steps.last, start)
    numbers = numbers_from(series, doses, steps, person.day_ends_at)
    return series, numbers.trends, steps, medicines_of(taken, doses, steps.first, steps.last)
