"""Access control: every URL, for every kind of user, with GET and POST; the table is in addresses.py."""

import re
import subprocess
import sys
from itertools import cycle

import pytest
from django.conf import settings
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from accounts import security_events
from accounts.models import Invitation, SecurityEvent, User
from accounts.tests.factories import make_person
from brainlog.tests.addresses import (
    ADDRESSES,
    ADMIN,
    ADMIN_LOGIN,
    DAY,
    ELSEWHERE,
    LOGIN,
    ROW,
    SUNDAY,
    WITHOUT_A_VIEW,
    Address,
    addresses_of,
)
from insights.models import (
    Appointment,
    Computation,
    Event,
    Guess,
    HiddenDay,
    KeptFinding,
    Report,
    ReportLink,
    ReportOpening,
)
from insights.tests.factories import (
    make_appointment,
    make_computation,
    make_event,
    make_guess,
    make_kept_finding,
    make_report,
)
from logs.models import DailyLog, Dose, Medication, OwnAnswer, OwnQuestion, QuestionSet
from logs.tests.factories import make_dose, make_full_log, make_medication, make_question_set
from logs.tests.own_questions import make_answer, make_question
from operations.database.stats import collect
from operations.models import DatabaseReport
from reflections.models import OwnWeeklyAnswer, WeeklyReflection
from reflections.tests.factories import make_reflection
from support.models import HelpLine
from testing.gunicorn import ROOT, environment_with
from testing.oidc import throwaway_provider
from testing.rollback import rolled_back

pytestmark = pytest.mark.once

OURS = (User, DailyLog, Medication, Dose, WeeklyReflection, OwnQuestion, OwnAnswer, OwnWeeklyAnswer, QuestionSet)
OURS += (Event, HiddenDay, Appointment, Report, ReportLink, ReportOpening, Computation, KeptFinding, Guess)
# With a provider configured, only the additional URLs are tested.
EVERYWHERE = ELSEWHERE if settings.PROVIDERS else [*ADDRESSES, *ADMIN, *WITHOUT_A_VIEW]
ROLES = {
    "visitor": None,
    "other": {},
    "staff": {"is_staff": True},
    "superuser": {"is_staff": True, "is_superuser": True},
}
METHODS = ("GET", "POST")
# Methods that no form sends. The last ones only for roles that are not refused otherwise.
OTHER_METHODS = ("PUT", "DELETE")
MORE_METHODS = ("HEAD", "PATCH", "OPTIONS", "TRACE")
# Tables that a GET may write to: the last visit, records of staff, and rate limits.
WRITTEN_BY_READING = {"accounts_session", "accounts_securityevent", "accounts_throttle"}
# What differs from one response to the next: tokens of forms, the time, a new address of a calendar.
CHANGING = re.compile(
    r'name="csrfmiddlewaretoken" value="\w+"|"token": "\w+"|data-(day-ends|opens|closes)-in="-?\d+"|[\w-]+\.ics'
)
# POST data that would have an effect if the request were allowed: in the admin, a row is deleted.
POST_DATA = {"post": "yes", "action": "delete_selected", "_selected_action": ROW}


@pytest.fixture
def maria(db):
    """The person whose rows have these URLs."""
    maria = make_person(pk=ROW, username="maria")
    log = make_full_log(maria, DAY, pk=ROW, dreams="A secret dream")
    make_dose(log, make_medication(maria, pk=1, note="A secret note"), pk=ROW)
    reflection = make_reflection(maria, SUNDAY, pk=ROW, week_highlights="A secret walk")
    make_answer(log, make_question(maria, "line", pk=1, label="A secret question"), "A secret answer")
    make_answer(reflection, make_question(maria, "note", pk=2, check_in="week", label="A secret"), "A secret note")
    make_question_set(maria, "dreams")
    make_event(maria, "A secret move", pk=1)
    make_appointment(maria, with_whom="A secret doctor", pk=1)
    report = make_report(maria, title="A secret report", pk=1)
    ReportLink.objects.create(pk=1, report=report, user=maria, expires_at="2100-01-01T00:00Z")
    maria.hidden_days.create(date=DAY)
    make_computation(maria)
    make_kept_finding(maria)
    make_guess(maria)
    return maria


@pytest.fixture
def rest_of_the_admin(maria, settings):
    """A row in each other table of the admin, and static files."""
    settings.WHITENOISE_USE_FINDERS = settings.WHITENOISE_AUTOREFRESH = True
    make_medication(maria, "Tea", pk=ROW)
    make_event(maria, "A secret journey", pk=ROW)
    make_question(maria, "score", pk=ROW, label="A secret score")
    Group.objects.create(pk=ROW, name="helpers")
    security_events.record(security_events.Kind.SIGNED_IN, maria)
    SecurityEvent.objects.update(id=ROW)
    invitation = Invitation(pk=ROW, note="Ada")
    invitation.make_token()
    invitation.save()
    HelpLine.objects.create(pk=ROW, country="US", name="A line", phone="1", checked_on=DAY, source="https://a.example")
    DatabaseReport.objects.create(pk=ROW, figures=collect("default"))


def everything_of(person) -> list[dict]:
    """All columns of all rows about a person."""
    lookups = {User: "pk", Dose: "daily_log__user"}
    rows: list[type[Model]] = []
    for model in OURS:
        rows += model.objects.filter(**{lookups.get(model, "user"): person.pk}).order_by("pk").values()
    return rows


class Browser:
    """A client that opens each URL with the session it began with, and records which tables were written to."""

    def __init__(self, person: User | None):
        self.client = Client()
        if person:
            self.client.force_login(person)
        self.session = self.client.cookies.get(settings.SESSION_COOKIE_NAME)
        self.written: set[str] = set()

    def send(self, method: str, address: Address, data: dict):
        self.client.cookies.clear()
        if self.session:
            self.client.cookies[settings.SESSION_COOKIE_NAME] = self.session.value
        self.written = set()
        sent = {"data": data} if method == "POST" else {}
        with connection.execute_wrapper(self.watch):
            response = getattr(self.client, method.lower())(address.path, **sent)
        response.text_of_it = response.getvalue().decode()
        return response

    def watch(self, execute, sql, *rest):
        if found := re.match(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"', sql):
            self.written.add(found[1])
        return execute(sql, *rest)


def is_as_expected(response, expected, address: Address) -> bool:
    if isinstance(expected, int):
        return response.status_code == expected
    names = {LOGIN, ADMIN_LOGIN} if expected == LOGIN else {expected}
    leads_to = {reverse(name) + back for name in names for back in ("", f"?next={address.path}")}
    return response.status_code == 302 and response.url in leads_to


def test_every_url_is_in_the_table():
    found = {name for name, _ in addresses_of()}

    # The admin's last URL matches all paths that do not exist there.
    assert found - {"admin:?"} == {address.name for address in ADDRESSES + ADMIN} - {"/admin/nowhere/"}


@pytest.mark.usefixtures("rest_of_the_admin")
@pytest.mark.parametrize("role", ROLES)
def test_every_url_answers_as_the_table_says(maria, role):
    check_the_table(maria, role, METHODS)


@pytest.mark.thorough
@pytest.mark.usefixtures("rest_of_the_admin")
@pytest.mark.parametrize("role", ROLES)
def test_the_table_of_other_methods(maria, role):
    check_the_table(maria, role, OTHER_METHODS + (MORE_METHODS if role == "superuser" else ()))


@pytest.mark.usefixtures("rest_of_the_admin")
def test_other_methods_of_some_addresses(maria):
    """One method at each URL, in turn: one middleware refuses most of them."""
    methods, wrong = cycle((*OTHER_METHODS, *MORE_METHODS)), []
    browser = Browser(make_person(username="the-superuser", **ROLES["superuser"]))

    for address, method in zip(EVERYWHERE, methods, strict=False):
        with rolled_back():
            response = browser.send(method, address, {})
        if not is_as_expected(response, address.answer_to("superuser", method), address):
            wrong.append((method, address.path, response.status_code))

    assert wrong == [], (
        "\
".join(map(str, wrong))
    )


def check_the_table(maria, role, methods):
    browser = Browser(None if role == "visitor" else make_person(username=f"the-{role}", **ROLES[role]))
    before, wrong = everything_of(maria), []

    for address in EVERYWHERE:
        in_admin = address in ADMIN
        for method in methods:
            expected = address.answer_to(role, method)
            with rolled_back():
                response = browser.send(method, address, POST_DATA if in_admin and role != "superuser" else {})
                after = everything_of(maria) if method == "POST" else before
            page = "" if role == "superuser" and in_admin else response.text_of_it
            complaints = {
                "answer": not is_as_expected(response, expected, address),
                "shown": "secret" in page or "maria" in page,
                "written": method != "POST" and not browser.written <= WRITTEN_BY_READING,
                "changed": after != before,
            }
            if any(complaints.values()):
                said = [complaint for complaint, is_true in complaints.items() if is_true]
                wrong.append((method, address.path, expected, response.status_code, said))

    assert wrong == [], "\n".join(map(str, wrong))


def test_get_requests_change_nothing(maria):
    browser, wrong = Browser(maria), []

    for address in ADDRESSES:
        browser.send("GET", address, {})
        if not browser.written <= WRITTEN_BY_READING:
            wrong.append((address.path, browser.written))

    assert wrong == [], "\n".join(map(str, wrong))


def test_the_write_detector_detects_writes(maria):
    """Shows that the tests above can fail."""
    browser = Browser(maria)

    browser.send("POST", Address("logs:not_tracked", (DAY,)), {"reason": "ill"})

    assert browser.written == {"logs_dailylog", "accounts_user"}


def test_other_peoples_objects_are_404(maria):
    """Responses are equal with Maria's rows and after these are deleted."""
    browser = Browser(make_person(username="other"))

    def answers() -> dict:
        found = {}
        for address in ADDRESSES:
            for method in ("GET", "POST"):
                with rolled_back():
                    response = browser.send(method, address, {})
                page = CHANGING.sub("", response.text_of_it)
                found[method, address.path] = response.status_code, response.get("Location"), page
        return found

    with_her = answers()
    maria.delete()
    without_her = answers()

    assert [asked for asked, answer in with_her.items() if answer != without_her[asked]] == []


@pytest.mark.parametrize("method", ["get", "post"])
def test_static_files_do_not_redirect_elsewhere(client, db, method):
    for path in (
        f"/{settings.STATIC_URL.strip('/')}/../manage.py",
        "/static/../brainlog/settings.py",
        "/.env",
        "/db.sqlite3",
    ):
        assert getattr(client, method)(path).status_code in {403, 404, 405}


def test_the_table_with_social_login():
    """The first two tests, in a process with a provider: settings cannot change the URLs of this process."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        __file__,
        "-k",
        "in_the_table or as_the_table_says[",
    ]
    with throwaway_provider() as provider:
        environment = environment_with("sqlite:///db.sqlite3", **provider.environment)
        result = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    assert result.returncode == 0, result.stdout[-3000:]
    assert "5 passed" in result.stdout
