"""The PDF of a report as a response, for its person and for those who have a link to it."""

from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from insights.models import Report
from insights.report.pdf import BusyError, TooLongError, pdf_of

RETRY_AFTER = 10  # seconds
PRIVATE = {"Cache-Control": "no-store, private"}


def pdf_response(report: Report, name: str) -> HttpResponse:
    """The PDF as a file to keep. 404 for another name than its own; a page that says why, if there is none now."""
    if name != report.pdf_name:
        raise Http404
    if report.contents is None:
        return no_pdf(_("This report cannot be read at the moment. It is kept as it is."), 503)
    try:
        content = pdf_of(report.contents)
    except BusyError:
        return no_pdf(_("Several PDFs are being made just now. Please try again in a few seconds."), 503)
    except TooLongError:
        return no_pdf(
            _("This report is too long for a PDF. Its page can be printed, or saved as PDF by your browser."), 422
        )
    headers = PRIVATE | {
        "Content-Disposition": f'attachment; filename="{name}.pdf"',
        "Content-Encoding": "identity",  # Its parts are compressed; GZipMiddleware would do it again.
    }
    return HttpResponse(content, content_type="application/pdf", headers=headers)


def no_pdf(text: str, status: int) -> HttpResponse:
    """A page for readers with and without an account: it shows nothing of the person who is logged in."""
    page = render_to_string("insights/no_pdf.html", {"text": text})
    headers = PRIVATE | ({"Retry-After": str(RETRY_AFTER)} if status == 503 else {})
    return HttpResponse(page, status=status, headers=headers)
