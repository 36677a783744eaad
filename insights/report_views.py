"""The pages of reports: the form and the list, the preview, a report that was kept."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from insights.report.drawings import drawn
from insights.report.form import ReportForm
from insights.report.passages import offered
from insights.report.saving import save
from insights.report.sections import report_for


def reports(request):
    """The list of kept reports and the form of a new one; what the form asks for as a preview, or kept."""
    form = ReportForm(request.user, request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid() and "change" not in request.POST:
        contents = report_for(request.user, form.selection)
        if "keep" not in request.POST:
            return render(request, "insights/report/preview.html", shown_in_preview(form, contents))
        try:
            report = save(request.user, contents)
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Your report is kept. It stays as it is, also if your answers change."))
            return redirect(report)
    reports = list(request.user.reports.for_list().with_working_links(timezone.now()))
    context = {"form": form, "reports": reports, "has_links": any(each.working_links for each in reports)}
    return render(request, "insights/report/reports.html", context)


def shown_in_preview(form: ReportForm, contents) -> dict:
    """The report, and what the person wrote in its days to pick from."""
    entries = offered(form.person, form.span, form.cleaned_data["words_day"])
    return {"form": form, "report": drawn(contents), "entries": entries, "picked": form.cleaned_data["words"]}


@require_safe
def report(request, pk):
    kept = get_object_or_404(request.user.reports, pk=pk)
    context = {"kept": kept, "report": kept.contents and drawn(kept.contents)}
    return render(request, "insights/report/report.html", context)


def delete(request, pk):
    kept = get_object_or_404(request.user.reports.for_list(), pk=pk)
    if request.method == "POST":
        kept.delete()
        messages.success(request, _("The report is deleted."))
        return redirect("insights:reports")
    return render(request, "insights/report/delete.html", {"kept": kept})
