"""No table of the database contains a private text in clear after a person has used every page."""

import pytest
from django.db import connection

from accounts.models import User
from accounts.tests.factories import make_person
from logs.fields import LineField, NoteField
from logs.models import DailyLog
from logs.own_kinds import KINDS
from logs.stages import STAGES
from logs.tests.factories import DAY, answers, make_medication, taken
from logs.tests.pages import check_in_url, day_url, form_as_shown
from reflections.models import WeeklyAnswers
from reflections.tests.factories import SUNDAY

pytestmark = pytest.mark.usefixtures("db")

CANARY = "kanarienvogel"


def texts_of(fields) -> dict[str, str]:
    return {field.name: f"{CANARY} {field.name}" for field in fields if isinstance(field, NoteField | LineField)}


def tables_with(text: str) -> list[str]:
    """All columns of all tables that contain the text in a row."""
    found = []
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        assert len(tables) > 12
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for column, value in zip(columns, row, strict=True):
                    words = value.tobytes() if isinstance(value, memoryview) else value
                    if text in str(words):
                        found.append(f"{table}.{column}")
    return found


def add_own_questions(client, person):
    """Own questions of every kind, answered, in a day and in a week, reworded, archived; one is refused."""
    words = {name: f"{CANARY} {name}" for name in ("label", "ends_low", "ends_high")} | {"unit": CANARY}
    choices = {"choices": f"{CANARY} tea\n{CANARY} coffee"}
    for kind in KINDS:
        client.post("/logs/questions/new/", words | choices | {"kind": kind, "check_in": "evening"})
    client.post("/logs/questions/new/", words | {"kind": "line", "check_in": "week"})
    client.post("/logs/questions/new/", words | {"label": CANARY * 20, "kind": "line", "check_in": "midday"})
    questions = list(person.own_questions.order_by("pk"))
    assert len(questions) == len(KINDS) + 1
    texts = {question.name: f"{CANARY} answer" for question in questions if question.kind in ("line", "note")}
    choices = {question.name: "1" for question in questions if question.kind == "choice"}
    assert client.post(check_in_url("evening"), texts | choices).status_code == 404  # One is of the week.
    client.post(f"/reflections/{SUNDAY}/", texts)
    for question in questions[-2:]:
        client.post(question.get_absolute_url(), {"label": f"{CANARY} reworded"})
        client.post(question.get_absolute_url(), {"action": "archive"})
    assert f"{CANARY} answer" in client.get(day_url()).content.decode()


def test_the_search_finds_what_is_there():
    make_person(username=f"the-{CANARY}")

    assert sorted(tables_with(CANARY)) == ["accounts_user.username", "accounts_user.username_key"]


def test_nothing_is_readable(as_person, person, client):
    for stage in STAGES:
        as_person.post(check_in_url(stage), answers(stage) | texts_of(stage.fields))
    as_person.post(
        f"/reflections/{SUNDAY}/", {"week_rating": "6", "mental_state": "good"} | texts_of(WeeklyAnswers.fields())
    )
    as_person.post(check_in_url("medication"), taken({"medication": f"{CANARY} forte", "amount": "1"}))
    as_person.post("/help/plan/", {"plan": f"{CANARY} plan", "people": f"{CANARY} people"})
    medication = person.medications.get()
    renamed = {"name": f"{CANARY} retard", "note": CANARY, "is_active": "on"}
    assert as_person.post(f"/logs/medications/{medication.pk}/", renamed).status_code == 302
    assert as_person.post(f"/logs/medications/{make_medication(person).pk}/", renamed).status_code == 200
    add_own_questions(as_person, person)
    as_person.post("/insights/events/", {"text": f"{CANARY} event", "date": str(DAY)})
    event = person.events.get()
    as_person.post(event.get_absolute_url(), {"text": f"{CANARY} again", "date": str(DAY)})
    as_person.post(f"{event.get_absolute_url()}delete/")
    as_person.post("/insights/events/", {"text": f"{CANARY} event", "date": str(DAY)})
    event = person.events.get()
    assert CANARY in as_person.get("/insights/words/").content.decode()
    profile = {
        "timezone": "UTC",
        "day_ends_at": "4",
        "week_starts_on": "sunday",
        "hour_format": "24",
        "date_format": "iso",
        "theme": "dark",
    }
    assert as_person.post("/accounts/profile/", profile | {"display_name": f"The {CANARY}"}).status_code == 302
    # Changes, a conflict, an error, marking, deletion, restoring.
    page = form_as_shown(as_person.get(check_in_url("midday")))
    as_person.post(check_in_url("midday"), page | {"lunch": f"{CANARY} again"})
    as_person.post(check_in_url("midday"), page | {"lunch": f"{CANARY} else"})
    as_person.post(check_in_url("morning"), {"dreams": CANARY * 1000, "sleep_hours": "many"})
    as_person.post(day_url(name="not_tracked"), {"reason": "ill"})
    envelope = as_person.post(day_url(name="delete")).context["envelope"]
    as_person.post(day_url(name="undo"), {"envelope": envelope})
    assert f"{CANARY} again" in as_person.get(day_url()).content.decode()
    # Views and a change in the admin.
    client.force_login(make_person(is_staff=True, is_superuser=True))
    log = DailyLog.objects.get(date=DAY)
    question = person.own_questions.filter(archived_at=None).first()
    rows = (f"dailylog/{log.pk}", f"medication/{medication.pk}", f"dose/{log.doses.get().pk}")
    for page in (*(f"logs/{row}" for row in rows), f"logs/ownquestion/{question.pk}", f"insights/event/{event.pk}"):
        assert CANARY in client.get(f"/admin/{page}/change/").content.decode()
    facts = {
        "username": "renamed",
        "timezone": "UTC",
        "day_ends_at": "4",
        "week_starts_on": "sunday",
        "hour_format": "24",
        "date_format": "iso",
        "theme": "dark",
    }
    assert client.post(f"/admin/accounts/user/{person.pk}/change/", facts).status_code == 302
    assert User.objects.get(pk=person.pk).username == "renamed"

    assert tables_with(CANARY) == []
    assert tables_with("bl1.test.") != []
