from django.shortcuts import render
from django.views.decorators.http import require_safe

from brainlog.database.router import reads_only
from brainlog.pagination import page_by_offset, page_number
from insights.around_dose.numbers import numbers_around_doses
from insights.around_dose.page import DosePage
from insights.series import began
from insights.trends.period import period_in

DOSES_A_PAGE = 4


@require_safe
@reads_only
def doses(request):
    """What was recorded in the hours after each dose, four doses a page."""
    person, number = request.user, page_number(request)
    period = period_in(request.GET, person.today(), began(person))
    context = {"period": period}
    if period.first:
        numbers = numbers_around_doses(person, period.first, period.last)
        medications = person.medications.defer("note", "name_key") if numbers.left_out else ()
        page = DosePage(numbers, medications)
        shown, pages = page_by_offset(page.doses, number, DOSES_A_PAGE)
        context |= {"around": page, "panels": page.panels(shown)} | pages
    return render(request, "insights/doses.html", context)
