"""A canary: a word that is part of everything a person enters here, and must not be in any log.

The module is also a URLconf: the URLs of Brain Log, and of pages that fail with the canary in their variables.
"""

import datetime
import logging

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.db import connection
from django.http import Http404, HttpResponse, StreamingHttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from accounts.models import User
from accounts.tests.factories import PASSWORD
from logs.fields import LineField, NoteField
from logs.stages import STAGES
from logs.tests.factories import REQUIRED, answers, dose_rows
from reflections.models import WeeklyAnswers

CANARY = "kanarienvogel"
DAY = datetime.date(2026, 5, 4)


def texts(fields) -> dict[str, str]:
    return {field.name: f"{CANARY} {field.name}" for field in fields if isinstance(field, NoteField | LineField)}


def main_job() -> list[tuple[str, dict]]:
    """The forms that a person sends in a day and a week: pairs of URL and data."""
    medication = {"medication": CANARY, "amount": "36", "unit": "mg", "taken_at": "08:15"}
    forms = [
        (f"/logs/{DAY}/{stage}/", answers(stage) | texts(stage.fields) | {"coping_strategies": "journaled"})
        for stage in STAGES
    ]
    forms[1] = (forms[1][0], REQUIRED["medication"] | dose_rows(medication))
    week = {"week_rating": "6", "mental_state": "good"} | texts(WeeklyAnswers.fields())
    profile = {"display_name": CANARY, "email": f"{CANARY}@example.org", "timezone": "Europe/Berlin"}
    profile |= {
        "week_starts_on": "monday",
        "hour_format": "24",
        "date_format": "iso",
        "day_ends_at": "4",
        "theme": "dark",
    }
    invalid = {"sleep_hours": CANARY, "sleep_quality": CANARY, "morning_mood": "99"}
    question = {name: f"{CANARY} {name}" for name in ("label", "ends_low", "ends_high", "choices")} | {"unit": CANARY}
    return [
        ("/accounts/profile/", profile),
        *forms,
        ("/logs/questions/new/", question | {"kind": "score", "check_in": "evening"}),
        ("/logs/questions/new/", question | {"kind": "choice", "check_in": "evening"}),  # Of one choice: refused.
        (f"/reflections/{DAY}/", week),
        (f"/logs/{DAY}/morning/", invalid),
        ("/accounts/profile/", profile | {"timezone": CANARY}),
        ("/accounts/delete/", {"username": CANARY, "password": CANARY}),
    ]


SIGN_UP = {"username": CANARY, "password1": PASSWORD, "password2": PASSWORD, "timezone": "Europe/Berlin"}


# Pages that fail


def exception(words):
    try:
        int(words)
    except ValueError as error:
        raise RuntimeError(f"Could not read {words}") from error


def grouped(words):
    raise ExceptionGroup(words, [ValueError(words), KeyError(words)])


def broken_constraint(words):
    """PostgreSQL: Failing row contains (…)."""
    User.objects.bulk_create([User(username=words, username_key=words, theme="none")])


def taken_name(words):
    """PostgreSQL: Key (username_key)=(…) already exists."""
    for number in range(2):
        User.objects.bulk_create([User(username=f"{words}{number}", username_key=f"{words} again")])


def not_a_number(words):
    """PostgreSQL: invalid input syntax for type integer: "…"."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT CAST(%s AS integer) + json_extract_path_text('{}', %s)::integer", [words, words])


def not_sql(words):
    """PostgreSQL: LINE 1: SELECT '… ."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT FROM WHERE '{words}")  # noqa: S608


def suspicious(words):
    raise SuspiciousOperation(words)


def bad_request(words):
    raise BadRequest(words)


def refused(words):
    raise PermissionDenied(words)


def missing(words):
    raise Http404(words)


def logged(words):
    """Log the words in the ways in which code could do so by mistake."""
    error = ValueError(words)
    log = logging.getLogger("careless")
    log.error(error)
    log.warning("It failed: %s", error)
    log.warning("It failed: %(error)s", {"error": error})
    try:
        raise error
    except ValueError:
        log.exception("It failed", extra={"answer": words})
    return HttpResponse()


def half_sent(words):
    def parts():
        yield b"x"
        raise ValueError(words)

    return StreamingHttpResponse(parts())


FAILING = [
    *(exception, grouped, broken_constraint, taken_name, not_a_number, not_sql),
    *(suspicious, bad_request, refused, missing, logged, half_sent),
]


def page(fails):
    @csrf_exempt
    @login_not_required
    def view(request):
        return fails(request.POST["words"])

    return view


urlpatterns = [
    *(path(f"failing/{fails.__name__}/", page(fails), name=fails.__name__) for fails in FAILING),
    path("", include("brainlog.urls")),
]
