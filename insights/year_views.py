from django.http import Http404
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from brainlog.database.router import reads_only
from insights.events import marks_for
from insights.series import read_series
from insights.year import YearInPixels, question_named, question_to_show, questions_shown
from insights.year_forms import YearQuestionForm
from logs.periods import FIRST_DAY, Year


@require_http_methods(["GET", "HEAD", "POST"])
@reads_only
def year(request, first):
    """A year in pixels. POST stores which question is shown; an address may name another one, which is not stored."""
    person, today, period = request.user, request.user.today(), Year(first)
    if period.first > today:
        raise Http404
    questions = questions_shown(person)
    named = request.GET.get("question")
    shown = question_to_show(person, questions) if named is None else question_named(named, questions)
    if named is not None and shown is None:
        raise Http404
    form = YearQuestionForm(questions, shown, request.POST if request.method == "POST" else None)
    if form.is_valid():
        person.choose_year_question(form.cleaned_data["question"])
        return redirect("insights:year", first)
    context = {
        "period": period,
        "form": form,
        "pixels": pixels_of(person, shown, period, today),
        "before": before if (before := period.before).first >= FIRST_DAY else None,
        "after": after if (after := period.after).first <= today else None,
        "named": named,
    }
    return render(request, "insights/year.html", context)


def pixels_of(person, question, year: Year, today) -> YearInPixels | None:
    if question is None:
        return None
    [series] = read_series(person, [question], year.first, year.last)
    return YearInPixels(year, series, today, marks_for(person, year.first, year.last))
