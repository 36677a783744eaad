"""The pages of what changed: a day to choose, and the answers before and after it."""

from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from brainlog.database.router import reads_only
from brainlog.pagination import page_by_offset, page_number
from insights.change.answers import Window, compared
from insights.change.forms import DayOfChangeForm, nothing_before
from insights.change.occasions import offered
from insights.change.page import ChangePage
from insights.series import drawable
from logs.questions import RowQuestion

OWN_A_PAGE = 10  # charts of own questions


def first_log_of(person):
    """The date of the person's first log; None if there is none. One query."""
    return person.daily_logs.order_by("date").values_list("date", flat=True).first()


@require_safe
@reads_only
def changes(request):
    """Days on which something changed, and a form for any other day."""
    person, start = request.user, first_log_of(request.user)
    form = DayOfChangeForm(start, person.today(), request.GET if "day" in request.GET else None)
    if form.is_bound and form.is_valid():
        return redirect("insights:change", form.cleaned_data["day"])
    return render(request, "insights/change/choose.html", {"form": form, "occasions": offered(person, start)})


@require_safe
@reads_only
def change(request, day):
    """The answers of 28 days before a day and from it on, to built-in questions and then to own ones, ten a page."""
    person, start, number = request.user, first_log_of(request.user), page_number(request)
    if day > person.today():
        raise Http404
    context = {"day": day}
    if start is None or day <= start:
        return render(request, "insights/change/change.html", context | {"problem": nothing_before(start)})
    questions = compared(drawable(person))
    own, pages = page_by_offset([each for each in questions if isinstance(each, RowQuestion)], number, OWN_A_PAGE)
    built_in = [each for each in questions if not isinstance(each, RowQuestion)] if number == 1 else []
    page = ChangePage(person, [*built_in, *own], Window.around(day, start, person.today()), start)
    return render(request, "insights/change/change.html", context | pages | {"change": page})
