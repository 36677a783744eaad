"""What each check-in asked, and when it was answered, is recorded beside the answers."""

import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from hypothesis import given, settings, strategies as st
from hypothesis.extra.django import TestCase

from accounts.tests.factories import make_person
from logs.models import DailyLog, QuestionSet, question_sets
from logs.parts import MOST_MINUTES
from logs.stages import EVENING, MEDICATION, MIDDAY, MORNING, STAGES
from logs.tests.factories import (
    DAY,
    MORNING_DOSE,
    OPTIONAL,
    REQUIRED,
    answers,
    asked,
    make_log,
    make_medication,
    taken,
)
from logs.tests.pages import check_in_url, day_url, form_as_shown
from logs.tests.test_undo import save, undo as press_undo
from personal_data.wipe import wipe_all

NEW_YORK, BERLIN = ZoneInfo("America/New_York"), ZoneInfo("Europe/Berlin")
NOON = datetime.datetime(2026, 5, 5, 12, tzinfo=NEW_YORK)  # of the fixture: DAY was yesterday
TODAY = DAY + datetime.timedelta(days=1)
NOTHING = (None, None, None, None)

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def recorded(person, stage=MORNING, day=DAY) -> tuple:
    """When a check-in was first answered, the offset from UTC, what was recalled, and the names that were asked."""
    log = person.daily_logs.get(date=day)
    asked_set = getattr(log, stage.part.asked)
    values = (getattr(log, name) for name in stage.part.kept_off_pages)
    return *values, asked_set and asked_set.names


def names_of(stage) -> list[str]:
    return sorted(question.name for question in stage.questions(None))


def at(text, zone=NEW_YORK) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=zone)


# When it was answered


@each_stage
@pytest.mark.usefixtures("noon")
def test_the_first_save_is_recorded(as_person, person, stage):
    as_person.post(check_in_url(stage, TODAY), answers(stage) | asked(stage))

    assert recorded(person, stage, TODAY) == (NOON, -240, None, names_of(stage))
    others = [recorded(person, other, TODAY) for other in STAGES if other is not stage]
    assert others == [NOTHING] * 4


def test_later_saves_leave_the_time_of_the_first(as_person, person, noon):
    url = check_in_url(MORNING, TODAY)
    as_person.post(url, asked(MORNING) | {"sleep_hours": "7"})
    noon.shift(3600)
    as_person.post(url, asked(MORNING) | REQUIRED["morning"])

    assert recorded(person, MORNING, TODAY) == (NOON, -240, None, names_of(MORNING))
    assert person.daily_logs.get().morning_completed_at == NOON + datetime.timedelta(hours=1)


def test_a_save_without_an_answer_records_nothing(as_person, person, noon):
    make_log(person, not_tracked="ill")

    as_person.post(check_in_url(MORNING), asked(MORNING))

    assert recorded(person) == NOTHING
    assert not QuestionSet.objects.exists()


def test_a_check_in_that_is_cleared_is_recorded_anew(as_person, person, noon):
    make_log(person, not_tracked="ill")
    as_person.post(check_in_url(MORNING), answers(MORNING) | asked(MORNING))
    as_person.post(check_in_url(MORNING), asked(MORNING))
    assert recorded(person) == NOTHING

    noon.shift(3600)
    as_person.post(check_in_url(MORNING), {"sleep_hours": "7"})

    assert recorded(person) == (NOON + datetime.timedelta(hours=1), -240, ["sleep_hours"], ["sleep_hours"])


def test_a_new_zone_changes_only_what_is_answered_afterwards(as_person, person, noon):
    as_person.post(check_in_url(MORNING, TODAY), {"sleep_hours": "7"})
    type(person).objects.filter(pk=person.pk).update(timezone="Asia/Kathmandu")
    as_person.post(check_in_url(MORNING, TODAY), {"sleep_quality": "7"})
    as_person.post(check_in_url(MIDDAY, TODAY), {"focus_level": "7"})

    assert [recorded(person, stage, TODAY)[1] for stage in (MORNING, MIDDAY)] == [-240, 345]


@pytest.mark.parametrize(
    ("moment", "offset"),
    [
        ("2026-03-29 00:30+00:00", 60),
        ("2026-03-29 01:30+00:00", 120),
        ("2026-10-25 00:30+00:00", 120),
        ("2026-10-25 01:30+00:00", 60),
    ],
)
def test_the_offset_is_that_of_the_moment(client, db, moment, offset):
    """The clocks change in that hour; after the change in autumn, the same hour comes again."""
    person = make_person(timezone="Europe/Berlin", day_ends_at=0)
    moment = datetime.datetime.fromisoformat(moment)
    with time_machine.travel(moment, tick=False):
        client.force_login(person)
        client.post(check_in_url(MORNING, moment.date()), {"sleep_hours": "7"})

    assert recorded(person, MORNING, moment.date()) == (moment, offset, None, ["sleep_hours"])


# What was recalled


@pytest.mark.parametrize(
    ("zone", "day_ends_at", "moment", "is_recalled"),
    [
        (NEW_YORK, 4, "2026-05-04 20:00", False),
        (NEW_YORK, 4, "2026-05-05 03:59:59", False),
        (NEW_YORK, 4, "2026-05-05 04:00", True),
        (NEW_YORK, 0, "2026-05-04 23:59:59", False),
        (NEW_YORK, 0, "2026-05-05 00:00", True),
        (BERLIN, 4, "2026-05-05 03:59:59", False),
        (BERLIN, 4, "2026-05-05 04:00", True),
    ],
)
def test_recalled_is_what_is_answered_when_the_day_is_over(client, db, zone, day_ends_at, moment, is_recalled):
    person = make_person(timezone=str(zone), day_ends_at=day_ends_at)
    with time_machine.travel(at(moment, zone), tick=False):
        client.force_login(person)
        client.post(check_in_url(EVENING), {"day_rating": "7"})

    assert recorded(person, EVENING)[2] == (["day_rating"] if is_recalled else None)


@pytest.mark.parametrize(("moment", "is_recalled"), [("2026-10-26 03:59", False), ("2026-10-26 04:00", True)])
def test_a_day_of_25_hours_ends_at_its_hour(client, db, moment, is_recalled):
    person = make_person(timezone="Europe/Berlin")
    day = datetime.date(2026, 10, 25)
    with time_machine.travel(at(moment, BERLIN), tick=False):
        client.force_login(person)
        client.post(check_in_url(EVENING, day), {"day_rating": "7"})

    assert recorded(person, EVENING, day)[2] == (["day_rating"] if is_recalled else None)


def test_only_what_had_no_answer_is_recalled(as_person, person, noon):
    as_person.post(check_in_url(MORNING, TODAY), {"sleep_hours": "7", "sleep_quality": "3"})
    noon.shift(24 * 3600)
    as_person.post(check_in_url(MORNING, TODAY), {"sleep_hours": "8", "morning_mood": "4", "breakfast": "Oats"})
    assert recorded(person, MORNING, TODAY)[2] == ["breakfast", "morning_mood"]

    as_person.post(check_in_url(MORNING, TODAY), {"morning_mood": "5", "breakfast": "", "sleep_quality": ""})
    assert recorded(person, MORNING, TODAY)[2] == ["morning_mood"]

    as_person.post(check_in_url(MORNING, TODAY), {"morning_mood": "", "sleep_quality": "2"})
    assert recorded(person, MORNING, TODAY)[2] == ["sleep_quality"]


def test_after_a_flight_west_a_day_ahead_is_not_over(as_person, person, noon):
    type(person).objects.filter(pk=person.pk).update(timezone="Pacific/Kiritimati")
    tomorrow = TODAY + datetime.timedelta(days=1)
    noon.move_to(datetime.datetime(2026, 5, 6, 6, tzinfo=ZoneInfo("Pacific/Kiritimati")))
    as_person.post(check_in_url(MORNING, tomorrow), {"sleep_hours": "7"})
    type(person).objects.filter(pk=person.pk).update(timezone="America/New_York")

    as_person.post(check_in_url(MORNING, tomorrow), {"sleep_quality": "7"})

    assert recorded(person, MORNING, tomorrow)[1:3] == (840, None)


@pytest.mark.usefixtures("noon")
def test_doses_are_recalled_like_other_answers(as_person, person):
    as_person.post(check_in_url(MEDICATION), taken(MORNING_DOSE))

    assert recorded(person, MEDICATION)[2:] == (["doses", "medication_taken"], ["doses", "medication_taken"])


# What was asked


@pytest.mark.usefixtures("noon")
def test_a_program_asks_what_it_has_keys_for(as_person, person):
    as_person.post(check_in_url(MORNING, TODAY), {"sleep_hours": "7", "breakfast": ""})
    assert recorded(person, MORNING, TODAY)[3] == ["breakfast", "sleep_hours"]

    as_person.post(check_in_url(MORNING, TODAY), {"morning_mood": "4"})
    assert recorded(person, MORNING, TODAY)[3] == ["breakfast", "morning_mood", "sleep_hours"]


@pytest.mark.usefixtures("noon")
def test_what_is_no_question_of_the_check_in_is_not_recorded(as_person, person):
    names = " ".join(["sleep_hours", "day_rating", "own-1", "doses", "x" * 500, "pk", *map(str, range(1000))])

    as_person.post(check_in_url(MORNING, TODAY), {"sleep_hours": "7", "gratitude": "Sun", "asked-names": names})

    assert recorded(person, MORNING, TODAY)[3] == ["sleep_hours"]


@pytest.mark.usefixtures("noon")
def test_a_page_that_asks_more_is_recorded_without_a_new_answer(as_person, person):
    url = check_in_url(MORNING, TODAY)
    as_person.post(url, {"sleep_hours": "7"})

    as_person.post(url, form_as_shown(as_person.get(url)))
    assert recorded(person, MORNING, TODAY)[3] == names_of(MORNING)

    as_person.post(url, {"sleep_hours": "7"})
    assert recorded(person, MORNING, TODAY)[3] == names_of(MORNING)


@pytest.mark.usefixtures("noon")
def test_the_effect_of_medication_is_not_asked_on_a_day_without(as_person, person):
    as_person.post(check_in_url(MEDICATION, TODAY), {"medication_taken": "false"})
    url = check_in_url(EVENING, TODAY)

    as_person.post(url, form_as_shown(as_person.get(url)) | {"day_rating": "7"})

    assert "medication_effectiveness" not in recorded(person, EVENING, TODAY)[3]


@pytest.mark.usefixtures("noon")
def test_a_set_is_stored_once(as_person, person):
    for day in (DAY, TODAY):
        as_person.post(check_in_url(MORNING, day), answers(MORNING) | asked(MORNING))
    other = make_person()
    client = Client()
    client.force_login(other)
    client.post(check_in_url(MORNING), answers(MORNING) | asked(MORNING))

    assert person.question_sets.count() == other.question_sets.count() == 1
    assert person.question_sets.get().names == other.question_sets.get().names == names_of(MORNING)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("noon")
def test_a_known_set_is_not_stored_again_unless_it_was_deleted(as_person, person):
    """Another process may have deleted it: the foreign key refuses the save, which is tried again."""
    statements = []
    for day in (DAY, TODAY):
        with CaptureQueriesContext(connection) as queries:
            as_person.post(check_in_url(MORNING, day), {"sleep_hours": "7"})
        statements.append([query for query in queries if '"logs_questionset"' in query["sql"]])
    assert [len(found) for found in statements] == [1, 0]

    person.daily_logs.all().delete()
    person.question_sets.all().delete()
    assert as_person.post(check_in_url(MORNING), {"sleep_hours": "7"}).status_code == 302

    assert recorded(person)[3] == person.question_sets.get().names == ["sleep_hours"]


def test_no_more_sets_are_known_than_there_is_room_for(monkeypatch):
    monkeypatch.setattr(question_sets, "MOST_KNOWN", 3)
    for name in "abcdefgh":
        QuestionSet.of(1, [name]).remember()
        assert QuestionSet.of(1, [name]).pk in question_sets.STORED

    assert len(question_sets.STORED) <= 3


def test_a_set_does_not_depend_on_the_order_of_its_names():
    first, second = QuestionSet.of(1, ["a", "b", "a"]), QuestionSet.of(1, ["b", "a"])

    assert (first.pk, first.names) == (second.pk, ["a", "b"])
    others = [QuestionSet.of(2, ["a", "b"]), QuestionSet.of(1, ["a"]), QuestionSet.of(1, []), QuestionSet.of(11, ["a"])]
    assert len({first.pk, *(other.pk for other in others)}) == 5


# Check-ins that were saved before this was recorded


@pytest.mark.usefixtures("noon")
def test_a_former_check_in_keeps_its_unknown_time(as_person, person):
    make_log(person, sleep_hours=7)

    as_person.post(check_in_url(MORNING), {"sleep_hours": "7"})
    assert recorded(person) == NOTHING

    as_person.post(check_in_url(MORNING), {"morning_mood": "4"})
    assert recorded(person) == (None, None, ["morning_mood"], sorted(MORNING.part.usual))


@each_stage
def test_the_usual_questions_are_the_built_in_ones(stage):
    assert sorted(stage.part.usual) == names_of(stage)


# A dose from Today


def test_a_tap_records_what_it_touched(as_person, person, noon):
    medication = make_medication(person, usual_amount=36)

    as_person.post(f"/logs/medications/{medication.pk}/taken/", {"shown": f"{TODAY}/0"})

    assert recorded(person, MEDICATION, TODAY) == (NOON, -240, None, ["doses", "medication_taken"])
    noon.shift(3600)
    as_person.post(
        check_in_url(MEDICATION, TODAY), asked(MEDICATION) | {"medication_taken": "true"} | OPTIONAL["medication"]
    )
    assert recorded(person, MEDICATION, TODAY) == (NOON, -240, None, names_of(MEDICATION))


# Undo


def test_undo_of_the_first_save_records_nothing(as_person, person, noon):
    make_log(person, not_tracked="ill")
    message = save(as_person, check_in_url(MORNING), answers(MORNING))

    response = press_undo(as_person, message)
    assert recorded(person) == NOTHING

    noon.shift(60)
    *_others, redo = response.context["messages"]
    press_undo(as_person, redo)
    assert recorded(person)[:2] == (NOON, -240)


def test_undo_of_a_later_save_gives_back_the_record_before(as_person, person, noon):
    as_person.post(check_in_url(MORNING, TODAY), {"sleep_hours": "7"})
    before = recorded(person, MORNING, TODAY)
    noon.shift(24 * 3600)
    message = save(as_person, check_in_url(MORNING, TODAY), answers(MORNING))
    assert recorded(person, MORNING, TODAY) != before

    press_undo(as_person, message)

    assert recorded(person, MORNING, TODAY) == before


def test_undo_of_the_first_save_keeps_what_later_saves_need(as_person, person, noon):
    message = save(as_person, check_in_url(MORNING), {"sleep_hours": "7"})
    as_person.post(check_in_url(MORNING), {"morning_mood": "4"})

    press_undo(as_person, message)

    assert recorded(person) == (NOON, -240, ["morning_mood"], ["morning_mood", "sleep_hours"])


def test_undo_of_a_clearing_keeps_what_was_asked_since(as_person, person, noon):
    as_person.post(check_in_url(MORNING), {"sleep_hours": "7"})
    message = save(as_person, check_in_url(MORNING), {"sleep_hours": ""})
    noon.shift(60)
    as_person.post(check_in_url(MORNING), {"morning_mood": "4"})

    press_undo(as_person, message)

    assert recorded(person) == (NOON, -240, ["morning_mood", "sleep_hours"], ["morning_mood", "sleep_hours"])


def test_undo_on_a_former_check_in_leaves_it_unknown(as_person, person, noon):
    make_log(person, sleep_hours=7)
    message = save(as_person, check_in_url(MORNING), {"morning_mood": "4"})

    press_undo(as_person, message)

    assert recorded(person) == NOTHING


@pytest.mark.parametrize("is_wiped", [False, True], ids=["deleted", "then wiped"])
def test_a_deleted_day_comes_back_with_its_record(person, noon, is_wiped):
    client = Client()
    client.force_login(person)
    for stage in STAGES:
        client.post(
            check_in_url(stage), answers(stage) | asked(stage) | (taken(MORNING_DOSE) if stage is MEDICATION else {})
        )
    before = [recorded(person, stage) for stage in STAGES]
    noon.shift(60)
    page = client.post(day_url(name="delete"))
    assert not person.daily_logs.exists()
    if is_wiped:
        wipe_all(person)

    client.post(day_url(name="undo"), {"envelope": page.context["envelope"]})

    after = [recorded(person, stage) for stage in STAGES]
    assert [record[:3] for record in after] == [record[:3] for record in before]
    if not is_wiped:
        assert after == before
    assert all(record[3] for record in after)


# hypothesis: any sequence of saves and undos


VALUES = st.fixed_dictionaries(
    {}, optional={name: st.sampled_from(["", "3", "7"]) for name in ("sleep_quality", "morning_mood", "sleep_hours")}
)


class TestAnySequence(TestCase):
    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(VALUES, st.booleans(), st.integers(0, 30)), min_size=1, max_size=6))
    def test_the_record_fits_the_answers(self, steps):
        """And an undo gives back what was there before the save."""
        person = make_person()
        client = Client()
        client.force_login(person)
        with time_machine.travel(datetime.datetime(2026, 5, 4, 8, tzinfo=NEW_YORK), tick=False) as clock:
            client.force_login(person)
            for typed, is_undone, hours in steps:
                before = person.daily_logs.values().first()
                response = client.post(check_in_url(MORNING), typed)
                page = client.get(response.url)
                self.check(person)
                messages = [each for each in page.context["messages"] if getattr(each, "envelope", "")]
                if is_undone and messages:
                    client.post(messages[-1].undo_address, {"envelope": messages[-1].envelope})
                    after = person.daily_logs.values().first()
                    facts = {"id": 0, "updated_at": 0, "created_at": 0}
                    assert (before and before | facts) == (after and after | facts)
                clock.shift(hours * 3600)

    def check(self, person):
        log = person.daily_logs.first()
        if log is None:
            return
        answered = {question.name for question in MORNING.questions(person) if question.is_answered(log)}
        assert answered and answered <= set(log.morning_asked.names)
        assert set(log.morning_recalled or ()) <= answered
        assert log.morning_recalled != []
        assert log.morning_answered_at is not None


# The database


def put(log, **values):
    with transaction.atomic():
        DailyLog.objects.filter(pk=log.pk).update(**values)
        connection.check_constraints()


@each_stage
def test_the_database_refuses_records_that_cannot_be(db, stage):
    log, now = make_log(), NOON
    asked_set = QuestionSet.of(log.user_id, ["a"])
    asked_set.store()
    part = stage.part
    offset, at_, asked_id = part.utc_offset, part.answered_at, part.asked_id

    for minutes in (-MOST_MINUTES, 0, MOST_MINUTES):
        put(log, **{at_: now, offset: minutes, asked_id: asked_set.pk})
    put(log, **{at_: None, offset: None, part.recalled: ["a"]})
    put(log, **{part.recalled: None, asked_id: None})
    for nonsense in (
        {at_: now, offset: MOST_MINUTES + 1, asked_id: asked_set.pk},
        {at_: now, offset: -MOST_MINUTES - 1, asked_id: asked_set.pk},
        {at_: now, asked_id: asked_set.pk},
        {offset: 0, asked_id: asked_set.pk},
        {at_: now, offset: 0},
        {part.recalled: ["a"]},
    ):
        with pytest.raises(IntegrityError):
            put(log, **nonsense)


@pytest.mark.django_db(transaction=True)
@each_stage
def test_a_set_of_another_person_is_refused(stage):
    log, theirs = make_log(), QuestionSet.of(make_person().pk, ["a"])
    theirs.store()

    with pytest.raises(IntegrityError), transaction.atomic():
        DailyLog.objects.filter(pk=log.pk).update(**{stage.part.asked_id: theirs.pk})


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("noon")
def test_sets_go_with_the_person_and_with_everything(as_person, person):
    as_person.post(check_in_url(MORNING), answers(MORNING))
    as_person.post(reverse("reflections:week", args=[DAY]), {"week_rating": "7"})
    assert person.question_sets.count() == 2

    wipe_all(person)
    assert not QuestionSet.objects.exists()

    as_person.post(check_in_url(MORNING), answers(MORNING))
    person.delete()
    assert not QuestionSet.objects.exists()


# Reading


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize("url", ["/", reverse("logs:history"), check_in_url(MORNING), day_url()])
def test_pages_do_not_read_what_they_do_not_show(as_person, person, url, django_assert_max_num_queries):
    as_person.post(check_in_url(MORNING), answers(MORNING))

    with django_assert_max_num_queries(6) as queries:
        as_person.get(url)

    texts = [query["sql"] for query in queries if "logs_dailylog" in query["sql"]]
    assert texts
    assert not [sql for sql in texts if "_recalled" in sql or "_answered_at" in sql or "_utc_offset" in sql]
