"""Deleting a day, and bringing it back within ten minutes."""

import datetime

import pytest
from django.core import signing

from accounts.models import User
from accounts.tests.factories import make_person
from logs import undo
from logs.fields import LineField, NoteField
from logs.models import DailyLog, Dose, Medication
from logs.question_lists import questions_of_day
from logs.stages import STAGES
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    NOON_DOSE,
    answers,
    doses_of,
    make_dose,
    make_full_log,
    make_log,
    make_medication,
    taken,
)
from logs.tests.pages import check_in_url, day_url
from personal_data.wipe import wipe_all

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.thorough_on_sqlite]

DELETE = day_url(name="delete")
UNDO = day_url(name="undo")
REFUSAL = "This can no longer be undone. Nothing was changed."
LOGGED_AGAIN = "The day has new answers. Delete those first, then undo here."


def rows_of(person):
    """Everything stored of a person's day, but the numbers of its rows."""
    logs, doses = person.daily_logs.values(), Dose.objects.filter(daily_log__user=person).order_by("pk").values()
    return [log | {"id": 0} for log in logs], [dose | {"id": 0, "daily_log_id": 0} for dose in doses]


@pytest.fixture
def full_day(as_person, person):
    for stage in STAGES:
        as_person.post(check_in_url(stage), answers(stage))
    as_person.post(check_in_url("medication"), answers("medication") | taken(MORNING_DOSE, NOON_DOSE))
    return rows_of(person)


def delete(client) -> str:
    return client.post(DELETE).context["envelope"]


def test_it_asks_first(as_person, person):
    make_log(person, gratitude="Sun")

    response = as_person.get(DELETE)

    assert "Delete Monday, May 4, 2026?" in response.content.decode()
    assert person.daily_logs.exists()


def test_it_deletes_the_day_and_its_doses(as_person, person, full_day):
    other = make_log(person, DAY - datetime.timedelta(days=1), gratitude="Sun")

    response = as_person.post(DELETE)

    assert response.status_code == 200
    assert "Monday, May 4, 2026 is deleted." in response.content.decode()
    assert person.daily_logs.get() == other
    assert not Dose.objects.exists()
    assert person.medications.count() == 2


@pytest.mark.parametrize("method", ["get", "post"])
def test_another_persons_day_is_not_there(as_person, method):
    theirs = make_full_log()

    assert getattr(as_person, method)(DELETE).status_code == 404
    assert DailyLog.objects.get() == theirs


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_day_without_a_log_is_not_there(as_person, method):
    assert getattr(as_person, method)(DELETE).status_code == 404


def test_deleting_twice_says_it_is_gone(as_person, full_day):
    delete(as_person)

    assert as_person.post(DELETE).status_code == 404


def test_undo_brings_everything_back_as_it_was(as_person, person, full_day):
    envelope = delete(as_person)

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    assert response.redirect_chain == [(day_url(), 302)]
    assert "The day is back." in response.content.decode()
    assert rows_of(person) == full_day


def test_the_page_itself_carries_what_undo_needs(as_person, person, full_day):
    response = as_person.post(DELETE)

    page = response.content.decode()
    assert f'action="{UNDO}"' in page
    assert f'name="envelope" value="{response.context["envelope"]}"' in page


def test_a_marked_day_comes_back_too(as_person, person):
    make_log(person, not_tracked="ill")

    as_person.post(UNDO, {"envelope": delete(as_person)})

    assert person.daily_logs.get().not_tracked == "ill"


def test_undo_works_for_ten_minutes(as_person, person, full_day, noon):
    envelope = delete(as_person)
    noon.shift(10 * 60)

    as_person.post(UNDO, {"envelope": envelope})

    assert rows_of(person) == full_day


def test_undo_does_not_work_after_that(as_person, person, full_day, noon):
    envelope = delete(as_person)
    noon.shift(10 * 60 + 1)

    response = as_person.post(UNDO, {"envelope": envelope})

    assert REFUSAL in as_person.get(response.url).content.decode()
    assert not person.daily_logs.exists()


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_undo_does_not_overwrite_a_day_logged_again(as_person, person, full_day, stage):
    envelope = delete(as_person)
    as_person.post(check_in_url(stage), answers(stage))
    before = rows_of(person)

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    assert LOGGED_AGAIN in response.content.decode()
    assert rows_of(person) == before


def test_the_day_can_be_brought_back_once_the_new_answers_are_deleted(as_person, person, full_day):
    """The page holds the only copy, so a refusal hands it out again."""
    envelope = delete(as_person)
    as_person.post(check_in_url("midday"), {"lunch": "Soup"})
    refused = as_person.post(UNDO, {"envelope": envelope})
    delete(as_person)

    as_person.post(UNDO, {"envelope": refused.context["envelope"]})

    assert rows_of(person) == full_day


def test_undo_twice_is_undo_once(as_person, person, full_day):
    envelope = delete(as_person)
    as_person.post(UNDO, {"envelope": envelope})

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    assert response.status_code == 200
    assert rows_of(person) == full_day


def test_another_persons_envelope_is_not_there(as_person, person, client):
    stranger = make_person()
    make_full_log(stranger)
    client.force_login(stranger)
    envelope = delete(client)
    client.force_login(person)

    assert client.post(UNDO, {"envelope": envelope}).status_code == 404
    assert not DailyLog.objects.exists()


TAMPERINGS = {
    "empty": lambda envelope: "",
    "cut off": lambda envelope: envelope[:-1],
    "headless": lambda envelope: envelope[1:],
    "lengthened": lambda envelope: "x" + envelope,
    "without colons": lambda envelope: envelope.replace(":", ""),
    "with a NUL": lambda envelope: envelope + "\0",
    "something else": lambda envelope: "💥",
    "only colons": lambda envelope: ":::",
    "other signature": lambda envelope: envelope.rsplit(":", 1)[0] + ":" + "x" * 43,
}


@pytest.mark.parametrize("tamper", TAMPERINGS.values(), ids=TAMPERINGS.keys())
def test_a_tampered_envelope_is_refused(as_person, person, full_day, tamper):
    envelope = tamper(delete(as_person))

    assert as_person.post(UNDO, {"envelope": envelope}).status_code == 404
    assert not person.daily_logs.exists()


def test_no_envelope_is_refused(as_person, person):
    assert as_person.post(UNDO).status_code == 404


@pytest.mark.parametrize("day", [DAY - datetime.timedelta(days=3), DAY + datetime.timedelta(days=1)], ids=str)
def test_an_envelope_is_for_its_own_date(as_person, person, full_day, day):
    envelope = delete(as_person)

    assert as_person.post(day_url(day, "undo"), {"envelope": envelope}).status_code == 404
    assert not person.daily_logs.exists()


def test_doses_come_back_after_their_medication_was_renamed(as_person, person, full_day):
    envelope = delete(as_person)
    medication = person.medications.by_name()[0]
    as_person.post(f"/logs/medications/{medication.pk}/", {"name": "Methylphenidate"})

    as_person.post(UNDO, {"envelope": envelope})

    assert doses_of(person) == ["Methylphenidate 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]


def test_doses_come_back_after_a_wipe_with_their_medications(as_person, person, full_day):
    envelope = delete(as_person)
    shown = [medication.name for medication in person.medications.all()]
    wipe_all(person)

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    assert "The day is back." in response.content.decode()
    (days, doses), numbers = full_day, person.medications.order_by("pk").values_list("pk", flat=True)
    assert rows_of(person) == (
        days,
        [dose | {"medication_id": number} for dose, number in zip(doses, numbers, strict=True)],
    )
    assert [medication.name for medication in person.medications.all()] == shown


def test_a_medication_made_again_meanwhile_is_the_one(as_person, person, full_day):
    envelope = delete(as_person)
    wipe_all(person)
    again = make_medication(person, "CONCERTA", pk=1_000_000)

    as_person.post(UNDO, {"envelope": envelope})

    assert doses_of(person) == ["CONCERTA 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert again in person.medications.all()


@pytest.mark.parametrize(("room", "comes_back"), [(2, True), (1, False), (0, False)])
def test_undo_after_a_wipe_makes_no_list_longer_than_lists_may_be(as_person, person, full_day, room, comes_back):
    envelope = delete(as_person)
    wipe_all(person)
    for number in range(Medication.MOST_PER_PERSON - room):
        make_medication(person, f"Tea {number}")
    before = rows_of(person)

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    page = response.content.decode()
    assert ("The day is back." in page) is comes_back
    assert ("Your list of medications is full." in page and envelope in page) is not comes_back
    assert (rows_of(person) == before) is not comes_back
    assert person.medications.count() == Medication.MOST_PER_PERSON - (0 if comes_back else room)


def test_numbers_that_are_another_persons_now_are_left_alone(as_person, person, full_day):
    """As after an old backup was restored."""
    envelope = delete(as_person)
    numbers = list(person.medications.order_by("pk").values_list("pk", flat=True))
    wipe_all(person)
    stranger = make_person()
    log = make_log(stranger, pk=full_day[0][0]["id"], gratitude="Sun")
    theirs = [make_medication(stranger, f"Theirs {number}", pk=number) for number in numbers]
    dose = make_dose(log, theirs[0], pk=full_day[1][0]["id"])
    before = rows_of(stranger)

    response = as_person.post(UNDO, {"envelope": envelope}, follow=True)

    assert "The day is back." in response.content.decode()
    assert doses_of(person) == ["Concerta 36 mg at 8:15 a.m.", "Ritalin 2.5 tablets at 12:30 p.m."]
    assert rows_of(stranger) == before and dose.medication == theirs[0]
    assert person.medications.count() == stranger.medications.count() == 2


def test_an_envelope_does_not_outlive_the_account(as_person, person, full_day, client):
    envelope = delete(as_person)
    User.objects.filter(pk=person.pk).delete()

    assert client.post(UNDO, {"envelope": envelope}).url.startswith("/accounts/login/")
    client.force_login(make_person(username=person.username))
    assert client.post(UNDO, {"envelope": envelope}).status_code in (302, 404)  # SQLite gives the number again.
    assert not DailyLog.objects.exists()


def test_an_envelope_does_not_outlive_the_login(as_person, person, full_day, noon):
    envelope = delete(as_person)
    as_person.post("/accounts/logout/")
    noon.shift(1)

    assert as_person.post(UNDO, {"envelope": envelope}).url.startswith("/accounts/login/")
    as_person.force_login(person)
    assert REFUSAL in as_person.post(UNDO, {"envelope": envelope}, follow=True).content.decode()
    assert not DailyLog.objects.exists()


def sealed(content) -> str:
    return signing.dumps(content, salt=f"logs.undo {UNDO}", compress=True)


@pytest.mark.parametrize("content", [5, [], None, ["1"], {"a": 1}, [1, 2, "deleted", {"a": 1}]], ids=str)
def test_what_is_no_change_is_refused(as_person, content):
    assert REFUSAL in as_person.post(UNDO, {"envelope": sealed(content)}, follow=True).content.decode()


OTHER_RELEASES = {
    "another question": {"shoe_size": [38, "before", "after"]},
    "another kind": {"focus_level": ["many", "before", "{focus_level}"]},
    "out of range": {"focus_level": [11, "before", "{focus_level}"]},
    "no rows": {"doses": ["Concerta", "before", "{doses}"]},
    "rows of another table": {"doses": [{"model": "logs.nothing"}, "before", "{doses}"]},
    "other columns": {"doses": [[{"model": "logs.dose", "fields": {"shoe_size": 1}}], "before", "{doses}"]},
}


@pytest.mark.parametrize("answers", OTHER_RELEASES.values(), ids=OTHER_RELEASES.keys())
def test_what_was_sealed_by_another_release_is_refused(as_person, person, answers):
    digests = {question.name: question.digest(None) for question in questions_of_day(person)}
    answers = {name: [value, before, after.format(**digests)] for name, (value, before, after) in answers.items()}
    login = as_person.get("/").wsgi_request.session.row.created_at.isoformat()
    envelope = sealed([person.pk, login, "midday", answers, {}])

    assert REFUSAL in as_person.post(UNDO, {"envelope": envelope}, follow=True).content.decode()
    assert not DailyLog.objects.exists()


def test_the_longest_day_fits_and_what_is_longer_is_not_looked_at(as_person, person, monkeypatch):
    texts = [field for field in DailyLog._meta.concrete_fields if isinstance(field, LineField | NoteField)]
    make_log(
        person,
        **{field.name: "💥" * field.kind.max_length for field in texts if not field.shown_when},
    )
    envelope = delete(as_person)
    assert len(envelope) < undo.LONGEST
    monkeypatch.setattr(undo.Json, "loads", None)  # Nothing is unpacked.

    assert as_person.post(UNDO, {"envelope": envelope.ljust(undo.LONGEST + 1, "x")}).status_code == 404
