"""Links to a report, as its person makes, sees and ends them."""

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import rate_limits, security_events
from brainlog.origin import trusted_origin
from insights.link_forms import LinkForm
from insights.models import Report, ReportLink, ReportOpening, TooManyLinks
from insights.pdf_responses import pdf_response
from insights.shared_views import shared_page

Kind = security_events.Kind


@require_safe
def report_pdf(request, pk, name):
    report = get_object_or_404(Report, pk=pk, user=request.user)
    rate_limits.consume(rate_limits.REPORT_PDF, str(request.user.pk))
    return pdf_response(report, name)


@require_safe
def preview(request, pk):
    """The report, as a reader with a link sees it."""
    report = get_object_or_404(Report, pk=pk, user=request.user)
    return HttpResponse(shared_page(report, reverse("insights:report_pdf", args=[pk, report.pdf_name])))


@require_safe
def links(request, pk):
    report = get_object_or_404(Report.objects.for_list(), pk=pk, user=request.user)
    found = ReportOpening.objects.attach(ReportLink.objects.listed(report))
    return render(request, "insights/links.html", {"report": report, "links": found})


@reauthentication_required(app="accounts")
@require_http_methods(["GET", "HEAD", "POST"])
def new_link(request, pk):
    """POST makes a link. The answer to it is the only one that shows the address."""
    report = get_object_or_404(Report.objects.for_list(), pk=pk, user=request.user)
    form = LinkForm(request.POST if request.method == "POST" else None)
    context = {"report": report, "form": form}
    if form.is_valid():
        rate_limits.consume(rate_limits.REPORT_LINK, str(request.user.pk))
        try:
            context["link"], token = ReportLink.objects.make(report, **form.cleaned_data)
        except TooManyLinks:
            text = _("This report has %(most)s links that work, as many as there can be. Please end one first.")
            messages.error(request, text % {"most": ReportLink.MOST_WORKING})
            return redirect("insights:report_links", pk)
        security_events.record(Kind.REPORT_LINK_MADE, request.user, request)
        context["address"] = trusted_origin(request) + reverse("insights:shared", args=[token])
    return render(request, "insights/link_made.html" if "address" in context else "insights/new_link.html", context)


@require_POST
def end_link(request, pk, link_pk):
    link = get_object_or_404(ReportLink, pk=link_pk, report=pk, user=request.user)
    if link.revoke():
        security_events.record(Kind.REPORT_LINK_REVOKED, request.user, request)
    messages.success(
        request, _("The link does not work any more. What was read or saved with it stays with the reader.")
    )
    return redirect("insights:report_links", pk)


@require_POST
def end_links(request):
    """End all links of all reports of the person."""
    if request.user.report_links.revoke(timezone.now()):
        security_events.record(Kind.REPORT_LINK_REVOKED, request.user, request)
    messages.success(request, _("No link works any more. What was read or saved with one stays with the reader."))
    return redirect("insights:reports")
