"""Undo of a save: the message that something was saved has a button that takes the save back, for ten minutes."""

import datetime
import json
import re

import pytest
from django.conf import settings
from django.core import signing
from django.db import connection
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from accounts.models import Session
from accounts.tests.factories import make_person
from logs.models import DailyLog, Dose, Medication
from logs.stages import MEDICATION, MIDDAY, STAGES
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    NOON_DOSE,
    answers,
    asked,
    dose_rows,
    doses_of,
    make_log,
    taken,
)
from logs.tests.pages import check_in_url, day_url, form_as_shown
from personal_data.wipe import wipe_all

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

UNDO = day_url(name="undo")
URL = check_in_url(MIDDAY)
CHANGED_SINCE = "Newer answers were saved since then. They stay as they are, and nothing was undone."
UNDONE_ALREADY = "This was undone already. Nothing was changed."
TOO_LATE = "This can no longer be undone. Nothing was changed."

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def save(client, url, data):
    """Save, open the page that says so, and return its message."""
    response = client.post(url, data)
    assert response.status_code == 302
    *_others, message = client.get(response.url).context["messages"]
    return message


def undo(client, message, **headers):
    return client.post(message.undo_address, {"envelope": message.envelope}, follow=True, **headers)


def last_text(response) -> str:
    *_others, message = response.context["messages"]
    return str(message)


def state(person) -> tuple:
    """All that is stored of a person's days but the numbers of the rows."""
    logs = [log | {"id": 0, "updated_at": None} for log in person.daily_logs.values()]
    return logs, doses_of(person)


# What is undone


@each_stage
def test_the_first_save_leaves_nothing_behind(as_person, person, stage):
    message = save(as_person, check_in_url(stage), answers(stage))
    assert person.daily_logs.get().is_done(stage)

    response = undo(as_person, message)

    assert last_text(response) == f"Undone. {stage.title} is as it was before."
    assert not person.daily_logs.exists()


@each_stage
def test_the_rest_of_the_day_stays(as_person, person, stage):
    for other in STAGES:
        if other is not stage:
            as_person.post(check_in_url(other), answers(other))
    before = state(person)
    message = save(as_person, check_in_url(stage), answers(stage))

    undo(as_person, message)

    assert state(person) == before


@each_stage
def test_a_cleared_check_in_comes_back_with_its_stamp(as_person, person, noon, stage):
    as_person.post(
        check_in_url(stage), answers(stage) | (taken(MORNING_DOSE, NOON_DOSE) if stage is MEDICATION else {})
    )
    before = state(person)
    noon.shift(3600)
    message = save(as_person, check_in_url(stage), asked(stage))
    assert not person.daily_logs.exists()
    noon.shift(60)

    undo(as_person, message)

    assert state(person) == before


def test_only_what_the_save_changed_is_undone(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    message = save(as_person, URL, {"lunch": "Rice"})
    as_person.post(URL, {"focus_level": "1"})

    undo(as_person, message)

    log = person.daily_logs.get()
    assert (log.lunch, log.focus_level, log.energy_level) == ("Soup", 1, 4)


def test_a_trigger_removed_by_no_comes_back(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    shown = form_as_shown(as_person.get(URL))
    message = save(
        as_person, URL, shown | {"had_emotional_event": "false", "remove": "emotional_event coping_strategies"}
    )
    assert person.daily_logs.get().emotional_event is None

    undo(as_person, message)

    log = person.daily_logs.get()
    assert (log.had_emotional_event, log.emotional_event) == (True, "A letter")
    assert log.coping_strategies == ["talked_it_out", "journaled"]


def test_doses_come_back(as_person, person):
    url = check_in_url(MEDICATION)
    as_person.post(url, answers(MEDICATION) | taken(MORNING_DOSE, NOON_DOSE))
    before = state(person)

    for change in (taken(NOON_DOSE), taken(), {"medication_taken": "false"}, taken(MORNING_DOSE | {"amount": "18"})):
        message = save(as_person, url, change)
        assert state(person) != before
        undo(as_person, message)
        assert state(person) == before


def test_new_doses_go_and_their_medication_stays_on_the_list(as_person, person):
    as_person.post(check_in_url(MEDICATION), {"medication_taken": "true"})
    message = save(as_person, check_in_url(MEDICATION), taken(MORNING_DOSE))

    undo(as_person, message)

    assert doses_of(person) == []
    assert person.daily_logs.get().medication_taken is True
    assert [medication.name for medication in person.medications.all()] == ["Concerta"]


def test_doses_come_back_with_a_medication_that_is_gone(as_person, person):
    as_person.post(check_in_url(MEDICATION), taken(MORNING_DOSE))
    message = save(as_person, check_in_url(MEDICATION), {"medication_taken": "false"})
    Medication.objects.all().delete()

    undo(as_person, message)

    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m."]


def test_an_effect_that_is_not_asked_about_stays_through_save_and_undo(as_person, person):
    make_log(person, medication_taken=False, medication_effectiveness="yes", day_rating=5)

    message = save(as_person, check_in_url("evening"), {"day_rating": "6"})
    assert person.daily_logs.get().medication_effectiveness == "yes"
    undo(as_person, message)

    log = person.daily_logs.get()
    assert (log.medication_effectiveness, log.day_rating) == ("yes", 5)


def test_a_mark_and_its_removal_can_be_undone(as_person, person):
    marked = save(as_person, day_url(name="not_tracked"), {"reason": "ill"})
    taken_off = save(as_person, day_url(name="tracked"), {})
    assert not person.daily_logs.exists()

    assert last_text(undo(as_person, taken_off)) == "Undone. The mark of the day is as it was before."
    assert person.daily_logs.get().not_tracked == "ill"
    undo(as_person, marked)
    assert not person.daily_logs.exists()


def test_a_text_that_cannot_be_read_comes_back(as_person, person):
    with override_settings(FIELD_ENCRYPTION_KEYS={"lost": b"x" * 32}):
        make_log(person, gratitude="Sun")
    token = person.daily_logs.get().__dict__["gratitude"].token
    envelope = as_person.post(day_url(name="delete")).context["envelope"]

    as_person.post(UNDO, {"envelope": envelope})

    assert person.daily_logs.get().__dict__["gratitude"].token == token


def test_undo_can_be_undone(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    before = state(person)
    message = save(as_person, URL, {"lunch": "Rice", "focus_level": ""})
    after = state(person)

    *_others, again = undo(as_person, message).context["messages"]
    assert state(person) == before
    *_others, once_more = undo(as_person, again).context["messages"]
    assert [log | {"midday_completed_at": None} for log in state(person)[0]] == after[0]
    assert str(once_more) == "Brought back. Midday is as it was before you undid it."
    assert last_text(undo(as_person, once_more)) == "Undone. Midday is as it was before."
    assert state(person) == before


def test_numbers_follow_an_undo(as_person, person):
    message = save(as_person, URL, answers(MIDDAY))
    person.refresh_from_db()
    version = person.answers_version

    undo(as_person, message)

    person.refresh_from_db()
    assert person.answers_version == version + 1


# When it is not


def test_newer_answers_stay(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    message = save(as_person, URL, {"lunch": "Rice"})
    as_person.post(URL, {"lunch": "Bread"})
    before = state(person)

    assert last_text(undo(as_person, message)) == CHANGED_SINCE
    assert state(person) == before


def test_answers_that_depend_on_it_stay(as_person, person):
    message = save(as_person, URL, {"had_emotional_event": "true"})
    as_person.post(URL, {"emotional_event": "A letter"})
    before = state(person)

    assert last_text(undo(as_person, message)) == CHANGED_SINCE
    assert state(person) == before


def test_an_answer_does_not_come_back_below_another_answer(as_person, person):
    as_person.post(URL, {"had_emotional_event": "true", "emotional_event": "A letter"})
    message = save(as_person, URL, {"emotional_event": ""})
    as_person.post(URL, {"had_emotional_event": "false"})

    assert last_text(undo(as_person, message)) == CHANGED_SINCE
    assert person.daily_logs.get().emotional_event is None


def test_doses_taken_out_since_stay_out(as_person, person):
    url = check_in_url(MEDICATION)
    message = save(as_person, url, taken(MORNING_DOSE))
    as_person.post(url, taken(NOON_DOSE))

    assert last_text(undo(as_person, message)) == CHANGED_SINCE
    assert doses_of(person) == ["Ritalin 2.5 tablets at 12:30 p.m."]


def test_a_deleted_day_stays_deleted(as_person, person):
    message = save(as_person, URL, answers(MIDDAY))
    as_person.post(day_url(name="delete"))

    assert last_text(undo(as_person, message)) == UNDONE_ALREADY
    assert not person.daily_logs.exists()


def test_twice_is_once(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    before = state(person)
    message = save(as_person, URL, {"lunch": "Rice"})

    undo(as_person, message)

    assert last_text(undo(as_person, message)) == UNDONE_ALREADY
    assert state(person) == before


@pytest.mark.parametrize(("seconds", "works"), [(600, True), (601, False)])
def test_it_works_for_ten_minutes(as_person, person, noon, seconds, works):
    message = save(as_person, URL, answers(MIDDAY))
    noon.shift(seconds)

    response = undo(as_person, message)

    assert (last_text(response) == TOO_LATE) is not works
    assert person.daily_logs.exists() is not works


def test_it_ends_with_the_login(as_person, person, noon):
    message = save(as_person, URL, answers(MIDDAY))
    as_person.post("/accounts/logout/")
    noon.shift(1)

    assert as_person.post(UNDO, {"envelope": message.envelope}).url.startswith("/accounts/login/")
    as_person.force_login(person)
    assert last_text(undo(as_person, message)) == TOO_LATE
    assert person.daily_logs.exists()


def test_another_persons_is_not_there(as_person, person):
    message = save(as_person, URL, answers(MIDDAY))
    other = make_person()
    make_log(other, focus_level=7)
    as_person.force_login(other)

    assert undo(as_person, message).status_code == 404
    assert DailyLog.objects.count() == 2


def test_another_days_is_not_there(as_person, person):
    message = save(as_person, URL, answers(MIDDAY))

    address = day_url(DAY - datetime.timedelta(days=1), "undo")
    assert as_person.post(address, {"envelope": message.envelope}).status_code == 404


def test_a_wipe_is_not_undone(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    message = save(as_person, URL, {"lunch": "Rice"})
    wipe_all(person)

    assert last_text(undo(as_person, message)) == CHANGED_SINCE
    assert not person.daily_logs.exists()


# What offers it


def test_the_message_has_the_button(as_person, person):
    message = save(as_person, URL, answers(MIDDAY))
    as_person.post(URL, {"lunch": "Rice"})

    page = as_person.get(day_url()).content.decode()

    assert message.undo_address == UNDO
    [form] = re.findall(rf'<form method="post" action="{UNDO}" class="undo">(.*?)</form>', page, re.DOTALL)
    assert "Midday saved." in form and "csrfmiddlewaretoken" in form and "Undo</button>" in form
    assert f'data-saved="{person.pk}/{DAY}/midday"' in page
    assert 'class="undo"' not in as_person.get(day_url()).content.decode()


def test_a_save_that_changed_nothing_offers_none(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    as_person.get("/")

    assert save(as_person, URL, answers(MIDDAY)).envelope == ""
    assert save(as_person, day_url(name="tracked"), {}).envelope == ""


def test_a_visitor_is_offered_none(as_person, person):
    as_person.post(URL, answers(MIDDAY))
    del as_person.cookies[settings.SESSION_COOKIE_NAME]

    page = as_person.get("/accounts/login/").content.decode()

    assert "Midday saved." in page
    assert "envelope" not in page


def test_only_the_newest_message_offers_it(as_person, person):
    for lunch in ("Soup", "Rice", "Bread"):
        as_person.post(URL, {"lunch": lunch})

    messages = list(as_person.get("/").context["messages"])

    assert [bool(message.envelope) for message in messages] == [False, False, True]
    assert len({message.saved for message in messages}) == 1


LONG = "A very long lunch. " * 10


def test_texts_are_encrypted_wherever_the_envelope_is(as_person, person):
    as_person.post(URL, {"lunch": LONG, "current_activity": "é" * 3000})
    as_person.get("/")
    as_person.post(URL, {"lunch": "Rice"})
    cookie = as_person.cookies[settings.MESSAGE_COOKIE_NAME].value
    [message] = as_person.get("/").context["messages"]
    content = signing.loads(message.envelope, salt=f"logs.undo {UNDO}")

    assert list(content[3]) == ["lunch"]
    assert content[3]["lunch"][0]["ciphertext"].startswith("bl1.")
    assert "Rice" not in json.dumps(content) and LONG not in json.dumps(content)
    assert len(cookie) < 2048 and "not_finished" not in cookie


def test_what_is_too_long_for_a_cookie_waits_in_the_session(as_person, person):
    as_person.post(URL, {"current_activity": "é" * 4000})
    as_person.get("/")
    as_person.post(URL, {"current_activity": "Reading"})
    stored = Session.objects.get().session_data
    assert len(stored) > 8000

    [message] = as_person.get("/").context["messages"]

    assert len(Session.objects.get().session_data) < 1000
    undo(as_person, message)
    assert person.daily_logs.get().current_activity == "é" * 4000


def test_the_session_does_not_grow_with_each_save(as_person, person):
    sizes = []
    for number in range(6):
        as_person.post(URL, {"current_activity": f"{number} " + "é" * 3900})
        sizes.append(len(Session.objects.get().session_data))

    assert sizes[-1] < 1.5 * sizes[1]


# What it costs


def statements(queries) -> list[str]:
    return [query["sql"] for query in queries if query["sql"].split()[0] in ("SELECT", "INSERT", "UPDATE", "DELETE")]


@pytest.mark.parametrize(("text", "more"), [("Soup", 0), ("é" * 4000, 1)], ids=["short", "long"])
def test_a_save_takes_no_more_queries_for_it_but_for_a_long_text(as_person, person, text, more):
    as_person.post(URL, {"current_activity": text})
    as_person.get("/")

    with CaptureQueriesContext(connection) as queries:
        as_person.post(URL, {"current_activity": "Reading"})

    # Session with person, the day; what has changed, and that something has.
    assert len(statements(queries)) == 4 + more


def test_the_page_that_shows_it_takes_no_more_queries(as_person, person):
    with CaptureQueriesContext(connection) as before:
        as_person.get("/")
    as_person.post(URL, answers(MIDDAY))

    with CaptureQueriesContext(connection) as after:
        assert as_person.get("/").context["messages"]

    assert len(statements(after)) == len(statements(before))


def test_undoing_takes_few_queries(as_person, person):
    url = check_in_url(MEDICATION)
    as_person.post(url, taken(MORNING_DOSE, NOON_DOSE))
    message = save(as_person, url, {"medication_taken": "false"} | dose_rows())

    with CaptureQueriesContext(connection) as queries:
        as_person.post(UNDO, {"envelope": message.envelope})

    # Session with person, day, medications; day, doses and version of the answers.
    assert len(statements(queries)) == 6, statements(queries)
    assert Dose.objects.count() == 2
