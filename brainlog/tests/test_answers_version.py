"""The version of a person's answers: only changes of answers increment it, at every URL that accepts a form."""

import datetime
from urllib.parse import urlsplit

import pytest
import time_machine

from accounts.models import User
from accounts.tests.codes import confirm_by_password
from accounts.tests.factories import PASSWORD
from brainlog.tests.addresses import ADDRESSES, DAY, SUNDAY
from brainlog.tests.scale import browsers_of, watch_while_it_rises
from insights.models import Event, Guess, HiddenDay
from insights.tests.factories import make_event
from logs.models import DailyLog, Dose, Medication, OwnAnswer
from logs.stages import STAGES
from logs.tests.factories import MORNING_DOSE, answers, make_dose, make_full_log, make_medication, taken
from logs.tests.own_questions import make_answer, make_question
from reflections.models import OwnWeeklyAnswer, WeeklyReflection
from reflections.tests.factories import make_reflection
from reflections.tests.pages import EVERYTHING

pytestmark = pytest.mark.thorough_on_sqlite

ANSWERS = {DailyLog: "user", Dose: "daily_log__user", WeeklyReflection: "user", Medication: "user"}
ANSWERS |= {OwnAnswer: "user", OwnWeeklyAnswer: "user", Event: "user", HiddenDay: "user", Guess: "user"}

# Deletes the person and their version.
ENDS_IT = {"/accounts/delete/"}

TAKES_FORMS = {address for address in ADDRESSES if address.other[1] != 405}

# What is made of answers or stands beside them, and changes none.
OF_NO_ANSWERS = (
    *("accounts:", "reminders:", "support:", "worth_it"),
    *("insights:report", "insights:new_report", "insights:end_report", "insights:shared", "insights:appointment"),
)
# The data of each form, and whether it changes answers.
FORMS = {
    **{address.path: ({}, False) for address in TAKES_FORMS if address.name.startswith(OF_NO_ANSWERS)},
    **{f"/logs/{DAY}/{stage}/": (answers(stage), True) for stage in STAGES},
    f"/logs/{DAY}/medication/": (answers("medication") | taken(MORNING_DOSE), True),
    "/logs/one-question/": ({"asks": "one"}, False),
    f"/logs/{DAY}/one-question/overall_mood/": ({"overall_mood": "2"}, True),
    f"/logs/{DAY}/catch-up/": ({"sleepiness": "4"}, True),
    f"/logs/{DAY}/catch-up/not-now/": ({}, False),
    f"/logs/{DAY}/not-tracked/": ({"reason": "ill"}, True),
    "/logs/not-tracked/": ({"first": "2026-04-01", "last": "2026-04-03", "reason": "ill"}, True),
    f"/logs/{DAY}/tracked/": ({}, True),
    f"/logs/{DAY}/delete/": ({}, True),
    f"/logs/{DAY}/undo/": ({}, True),
    "/logs/medications/1/": ({"name": "Tea", "is_active": "on"}, True),
    "/logs/medications/1/undo/": ({}, True),
    "/logs/medications/1/merge/": ({"into": "2", "confirm": "1"}, True),
    "/logs/medications/1/delete/": ({}, False),  # It has a dose.
    "/logs/medications/1/taken/": ({}, True),
    "/logs/questions/": ({"focus_level": "off", "up": "lunch"}, False),
    "/logs/questions/new/": ({"label": "Coffee", "kind": "yes_no", "check_in": "morning"}, False),
    "/logs/questions/gallery/": ({"entry": "water"}, False),
    "/logs/questions/1/": ({"action": "delete", "confirm": "1"}, True),
    # All findings are corrected for one another: with a guess, they change.
    "/insights/findings/guess/": ({"exposure": "sleep_quality", "outcome": "day_rating", "lag": "1"}, True),
    "/insights/findings/compute/": ({}, False),
    "/insights/findings/noise/": ({}, False),
    "/insights/events/": ({"text": "Flu", "date": str(DAY)}, True),
    "/insights/events/1/": ({"text": "Flu", "date": str(DAY)}, True),
    "/insights/events/1/delete/": ({}, True),
    "/insights/events/undo/": ({}, True),
    "/insights/words/hide/": ({"day": str(DAY)}, True),
    "/insights/words/show/": ({"week": str(SUNDAY)}, True),
    "/insights/year/2026/": ({"question": "overall_mood"}, False),
    f"/reflections/{SUNDAY}/": (EVERYTHING, True),
    f"/reflections/{SUNDAY}/delete/": ({}, True),
    f"/reflections/{SUNDAY}/undo/": ({}, True),
    "/accounts/profile/": (
        {
            "username": "ada",
            "timezone": "UTC",
            "theme": "dark",
            "day_ends_at": "3",
            "week_starts_on": "monday",
            "hour_format": "24",
            "date_format": "iso",
        },
        False,
    ),
    "/accounts/security/": (
        {"old_password": PASSWORD, "new_password1": "x1y2z3-abc", "new_password2": "x1y2z3-abc"},
        False,
    ),
    "/accounts/data/export/": ({}, False),
    "/accounts/data/wipe/": ({}, True),
    "/accounts/logout/": ({}, False),
    "/accounts/login/": ({"username": "unknown", "password": PASSWORD}, False),
}
FORMS = {path: form for path, form in FORMS.items() if path not in ENDS_IT}


def answers_of(person) -> list[dict]:
    return [
        row
        for model, owner in ANSWERS.items()
        for row in model.objects.filter(**{owner: person.pk}).order_by("pk").values()
    ]


def version_of(person) -> int:
    return User.objects.values_list("answers_version", flat=True).get(pk=person.pk)


@pytest.fixture
def owner(as_person, person):
    """A person with a day, a dose, an own question and a reflection, in the week after."""
    log = make_full_log(person, DAY, not_tracked="holiday", dreams="Flying")
    make_dose(log, make_medication(person, pk=1))
    make_medication(person, "Water", pk=2)
    make_answer(log, make_question(person, "score", pk=1))
    make_reflection(person, SUNDAY)
    make_event(person, pk=1)
    person.hidden_days.create(date=SUNDAY, is_week=True)
    with time_machine.travel(datetime.datetime(2026, 5, 12, 12, tzinfo=datetime.UTC), tick=False):
        yield as_person


def prepare(client, path, data) -> dict:
    """Prepare the request: restoring needs the page of a deleted day, and a wipe requires reauthentication."""
    if path.startswith("/accounts/data/"):
        confirm_by_password(client)
        return {"username": User.objects.get().username}
    if path == "/logs/medications/1/undo/":
        response = client.post("/logs/medications/1/", {"name": "Tea", "is_active": "on"}, follow=True)
        return data | {"envelope": [*response.context["messages"]][0].envelope}
    if path == "/insights/events/undo/":
        response = client.post("/insights/events/1/delete/", follow=True)
        return data | {"envelope": [*response.context["messages"]][0].envelope}
    if path.endswith("/undo/") and not path.startswith("/help/"):
        return data | {"envelope": client.post(path.replace("undo", "delete")).context["envelope"]}
    return data


def test_every_url_that_accepts_a_form_is_covered():
    assert {address.path for address in TAKES_FORMS} == FORMS.keys() | ENDS_IT


@pytest.mark.parametrize("path", FORMS)
def test_only_a_change_increments_the_version(owner, person, path):
    data, changes = FORMS[path]
    data = prepare(owner, path, data)
    before, version = answers_of(person), version_of(person)

    response = owner.post(path, data)

    assert response.status_code in ({200, 302} if changes else {200, 204, 302, 400, 403, 404})
    assert (answers_of(person) != before) == changes
    assert version_of(person) == version + changes


@pytest.mark.parametrize("path", [path for path, (_data, changes) in FORMS.items() if changes])
def test_a_repeated_save_increments_the_version_only_with_a_change(owner, person, path):
    data, _changes = FORMS[path]
    data = prepare(owner, path, data)
    owner.post(path, data)
    before, version = answers_of(person), version_of(person)

    owner.post(path, data)

    # An event that is written down twice is there twice.
    is_added_again = path == "/insights/events/"
    assert version_of(person) == version + is_added_again
    assert answers_of(person) == before or is_added_again or path.startswith("/logs/medications/")


@pytest.mark.parametrize("path", sorted({address.path for address in ADDRESSES}))
def test_reading_does_not_increment_the_version(owner, person, path):
    version = version_of(person)

    owner.get(urlsplit(path).path)

    assert version_of(person) == version


def test_an_invalid_form_does_not_increment_the_version(owner, person):
    for path in (f"/logs/{DAY}/morning/", f"/logs/{DAY}/not-tracked/", f"/reflections/{SUNDAY}/"):
        owner.post(path, {"sleep_hours": "25", "reason": "none", "week_rating": "11"})

    assert version_of(person) == 0


def test_removed_doses_increment_the_version(owner, person):
    owner.post(
        f"/logs/{DAY}/medication/", {"medication_taken": "true", "doses-TOTAL_FORMS": "0", "doses-INITIAL_FORMS": "0"}
    )

    assert not Dose.objects.exists()
    assert version_of(person) == 1


def test_no_page_shows_an_old_number(live_server):
    writer, *readers = browsers_of(live_server.url, "ada", 3)

    watch_while_it_rises(writer, readers, steps=10)
