"""A report as those read it who have a link to it: without an account, and nothing but the report.

GET first asks, and shows the report once it was asked for by POST. So programs that open each link of a message, to
check it or to show a preview, neither read a report nor count as readers. What permits it from then on is a signed
cookie for this address alone.
"""

from functools import wraps

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import IntegrityError
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from accounts import rate_limits
from insights.link_forms import PassphraseForm
from insights.models import Report, ReportLink, ReportOpening
from insights.pdf_responses import pdf_response
from insights.report.drawings import drawn

# For how long a report stays open in the browser of a reader.
OPEN_FOR = 12 * 60 * 60  # seconds
PREFETCHES = ("Sec-Purpose", "Purpose", "X-Moz")


def of_link(view):
    """Find the link of the token in the address. Every token that opens nothing gets the same page.

    Raises RateLimitExceeded after many of those. They count for the client address alone, and do not keep others in the
    same network from links that work.
    """

    @wraps(view)
    def wrapped(request, token, **named):
        link = ReportLink.objects.with_token(token, timezone.now())
        if link is None:
            subject = get_adapter().get_client_ip(request)
            rate_limits.consume_for_address(rate_limits.REPORT_TOKEN_BY_ADDRESS, subject)
            return ended_page()
        return view(request, link, token, **named)

    return wrapped


@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
@of_link
def shared(request, link, token):
    if is_prefetch(request):
        return HttpResponse(status=503)  # The browser asks again when the reader opens it.
    if request.method == "POST":
        return ask(request, link)
    if not is_open(request, link):
        return entry_page(request, link, PassphraseForm())
    rate_limits.consume(rate_limits.REPORT_OPENING, str(link.pk))
    if not record(request, link):
        return ended_page()
    pdf = reverse("insights:shared_pdf", args=[token, link.report.pdf_name])
    # The address opens the report. Browsers send it to no page that is opened from here, not even to the page of help.
    return HttpResponse(shared_page(link.report, pdf), headers={"Referrer-Policy": "no-referrer"})


@login_not_required
@require_safe
@of_link
def shared_pdf(request, link, token, name):
    if is_prefetch(request):
        return HttpResponse(status=503)
    if not is_open(request, link):
        return redirect("insights:shared", token)
    rate_limits.consume(rate_limits.REPORT_OPENING, str(link.pk))
    response = pdf_response(link.report, name)
    if response.status_code == 200 and not record(request, link, is_pdf=True):
        return ended_page()
    return response


def shared_page(report: Report, pdf: str) -> str:
    """The page of a reader. Rendered without the request: who else is logged in here does not matter."""
    contents = report.contents
    return render_to_string("insights/shared.html", {"report": contents and drawn(contents), "pdf": pdf})


def ask(request, link):
    """Open the report in this browser, if the passphrase is right."""
    form = PassphraseForm(request.POST)
    if link.has_passphrase and not (form.is_valid() and is_right(request, link, form)):
        return entry_page(request, link, form)
    response = redirect(request.path)
    response.set_signed_cookie(
        settings.SHARED_REPORT_COOKIE_NAME,
        "open",
        salt=salt_of(link),
        path=request.path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Strict",
    )
    return response


def is_right(request, link, form) -> bool:
    """Whether the passphrase in the form is right. Raises RateLimitExceeded.

    Wrong ones are counted for the link and the client address together, then for the link: those whose address has no
    tries left use up none of the link.
    """
    address = get_adapter().get_client_ip(request)
    rate_limits.consume_for_address(rate_limits.REPORT_PASSPHRASE_BY_ADDRESS, address)
    of_both = [
        (limit, f"{link.pk} {subject}")
        for limit, subject in rate_limits.limits_of_address(rate_limits.REPORT_PASSPHRASE, address)
    ]
    attempts = rate_limits.consume_all([*of_both, (rate_limits.REPORT_PASSPHRASE_OF_LINK, str(link.pk))])
    if link.is_passphrase(form.cleaned_data["passphrase"]):
        rate_limits.refund(attempts)
        return True
    link.count_wrong_passphrase()
    form.reject()
    return False


def is_open(request, link) -> bool:
    """Whether the reader has asked for the report in this browser."""
    name, options = settings.SHARED_REPORT_COOKIE_NAME, {"default": "", "max_age": OPEN_FOR}
    return request.get_signed_cookie(name, salt=salt_of(link), **options) == "open"


def salt_of(link: ReportLink) -> str:
    return f"insights.shared_views {link.token_hash}"


def is_prefetch(request) -> bool:
    """Whether a browser loads the page in case that the reader opens it."""
    return any("pre" in request.headers.get(name, "") for name in PREFETCHES)


def record(request, link: ReportLink, is_pdf: bool = False) -> bool:
    """Record that the report was opened, unless only headers were asked for. False if it was deleted meanwhile."""
    try:
        if request.method != "HEAD":
            ReportOpening.objects.record(link, is_pdf)
    except IntegrityError:
        return False
    return True


def entry_page(request, link: ReportLink, form: PassphraseForm) -> HttpResponse:
    """The page that asks whether to open the report, and for its passphrase."""
    context = {"link": link, "form": form, "action": request.path, "csrf_token": get_token(request)}
    return HttpResponse(render_to_string("insights/shared_entry.html", context))


def ended_page() -> HttpResponse:
    return HttpResponse(render_to_string("insights/shared_ended.html"), status=404)
