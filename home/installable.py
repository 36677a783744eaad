"""What makes the site an app on a phone: manifest, service worker, offline page, and a shortcut to a check-in."""

import hashlib
import json
from functools import cache

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse
from django.utils.translation import get_language, gettext, gettext_lazy as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from brainlog.integrity import read_integrity
from home.views import next_check_in
from logs.addresses import address_of_check_in
from logs.models import DailyLog, logs_of_day
from logs.which_day import FOR_TODAY

# The paper of both themes, as in static/css/tokens.css and templates/base.html. Pages name both, by the theme of the
# person or the device. A manifest has one colour and no media query: it shows on the splash screen alone, before the
# first page does, and is that of the light theme.
PAPER, PAPER_DARK = "#f5fbfc", "#10181f"
ICONS = (("192", "any"), ("512", "any"), ("512", "maskable"))
# What the offline page is made of; the service worker keeps it.
FILES = ("brainlog.css", "brainlog.js", "vendor/lucide/icons.svg", "images/favicon.svg")
WORKER = ("offline", "push", "subscription")
# The worker runs under the policy of its own response: it fetches pages and files of this site, and nothing else.
WORKER_POLICY = (
    "default-src 'none'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)


@login_not_required
@require_safe
@cache_control(public=True, max_age=60 * 60)
def manifest(request):
    shortcuts = [(_("Check in now"), reverse("now")), (_("Today"), reverse("today"))]
    content = {
        "id": "/",
        "name": "Brain Log",
        "short_name": "Brain Log",
        "description": gettext("A daily mental-health log."),
        "lang": settings.LANGUAGE_CODE,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": PAPER,
        "theme_color": PAPER,
        "categories": ["health", "lifestyle"],
        "icons": [
            {
                "src": static(icon_name(size, purpose)),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size, purpose in ICONS
        ],
        "shortcuts": [{"name": str(name), "url": address} for name, address in shortcuts],
    }
    return JsonResponse(content, content_type="application/manifest+json")


def icon_name(size: str, purpose: str = "any") -> str:
    return f"images/{'icon' if purpose == 'any' else purpose}-{size}.png"


@login_not_required
@require_safe
@cache_control(no_store=True)
def service_worker(request):
    """The worker of this release, or one that removes itself: browsers compare its bytes at each visit."""
    if not settings.SERVICE_WORKER:
        content = source_of(["off"])
    else:
        # While developing, the files may be others the next time.
        content = (worker if settings.DEBUG else known_worker)(get_language())
    headers = {"Content-Security-Policy": WORKER_POLICY}
    return HttpResponse(content, content_type="text/javascript; charset=utf-8", headers=headers)


def worker(language: str | None) -> str:
    """The script of the worker, in a language. It changes with the content of each file that the worker keeps."""
    source, page = source_of(WORKER), render_to_string("home/offline.html")
    content = [source, page, *(read_integrity(name) for name in FILES)]
    release = {
        "version": hashlib.sha256(json.dumps(content).encode()).hexdigest()[:16],
        "files": [static(name) for name in FILES],
        "offline": reverse("offline"),
        "admin": reverse("admin:index"),
        "icon": static(icon_name("192")),
        "notification": gettext("Time for your log"),
        "subscription": reverse("reminders:push_renew"),
    }
    return f"const RELEASE = {json.dumps(release)};\n{source}"


known_worker = cache(worker)


def source_of(parts) -> str:
    folder = settings.BASE_DIR / "static" / "worker"
    return "\n".join((folder / f"{part}.js").read_text(encoding="utf-8") for part in parts)


@login_not_required
@require_safe
@cache_control(no_cache=True)
def offline(request):
    """What the service worker shows without a network. It is the same for everyone: rendered without the request."""
    return HttpResponse(render_to_string("home/offline.html"))


@require_safe
def now(request):
    """Redirect to the check-in that suits the hour; to Today, if none is open or one question is enough."""
    person = request.user
    if person.is_asked_one_question:
        return redirect("today")
    day = person.today()
    log = next(iter(logs_of_day(user=person, date=day)), None) or DailyLog(user=person, date=day)
    stage = next_check_in(log)
    return redirect(address_of_check_in(day, stage.slug) + FOR_TODAY if stage else reverse("today"))
