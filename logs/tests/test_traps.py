"""Faults of this app or of an older app of its kind, one test each. Those about people are in accounts/tests."""

import datetime

import pytest
import time_machine
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction

from logs.answer_form import CheckInForm
from logs.models import DailyLog
from logs.stages import MORNING, STAGES
from logs.tests.conftest import NEW_YORK
from logs.tests.factories import DAY, REQUIRED, answers, asked, make_full_log, make_log
from logs.tests.pages import check_in_url, day_url, form_as_shown

pytestmark = pytest.mark.usefixtures("noon", "db")

TODAY = DAY + datetime.timedelta(days=1)

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def stored(person, day=DAY):
    return person.daily_logs.filter(date=day).values().first()


@each_stage
def test_saving_a_stale_copy_does_not_erase_the_other_stages_answers(person, stage):
    log = make_log(person, not_tracked="other")
    stale = DailyLog.objects.get(pk=log.pk)
    others = {name: 5 for other in STAGES if other is not stage for name in other.required_names if name[0] != "m"}
    DailyLog.objects.filter(pk=log.pk).update(**others)

    form = CheckInForm(stage, stale, REQUIRED[str(stage)])
    assert form.is_valid()
    form.save()

    log.refresh_from_db()
    assert {name: getattr(log, name) for name in others} == others
    assert log.is_done(stage)


def test_no_name_is_declared_in_two_stages():
    declared = [field.name for stage in STAGES for field in stage.answers._meta.local_fields]
    by_the_day = {"id", "user", "date", "not_tracked", "one_question_only", "created_at", "updated_at"}

    assert len(declared) == len(set(declared))
    assert {field.name for field in DailyLog._meta.local_fields} == {*declared, *by_the_day}


@each_stage
def test_no_question_offers_an_empty_choice(as_person, person, stage):
    page = as_person.get(check_in_url(stage)).content.decode()

    assert "---------" not in page
    for name, field in CheckInForm(stage, DailyLog(user=person, date=DAY)).fields.items():
        assert "" not in [value for value, _label in getattr(field, "choices", [])], name


@pytest.mark.parametrize("way", ["update", "bulk_create", "bulk_update"])
def test_the_database_refuses_what_skips_the_validators(person, way):
    log = make_log(person)
    log.morning_mood = 11

    with pytest.raises(IntegrityError), transaction.atomic():
        if way == "update":
            DailyLog.objects.update(morning_mood=11)
        elif way == "bulk_create":
            DailyLog.objects.bulk_create([DailyLog(user=person, date=TODAY, morning_mood=11)])
        else:
            DailyLog.objects.bulk_update([log], ["morning_mood"])


@each_stage
def test_the_rules_live_in_the_stages_own_form(person, stage):
    """An error of the model's clean() could refer to fields that the form does not have."""
    assert DailyLog.clean is models.Model.clean
    for data in ({}, REQUIRED[str(stage)], answers(stage), dict.fromkeys(answers(stage), "nonsense")):
        form = CheckInForm(stage, DailyLog(user=person, date=DAY), data)
        form.full_clean()

        assert set(form.errors) <= {*stage.field_names, "__all__"}


def test_a_half_filled_day_is_only_for_looking_in_the_admin(client, person):
    """full_clean() fails for it by design, so the admin could not save it."""
    log = make_log(person, sleep_quality=3)
    with pytest.raises(ValidationError):
        log.full_clean()
    client.force_login(get_user_model().objects.create_superuser("staff", password="correct-horse"))
    url = f"/admin/logs/dailylog/{log.pk}/change/"

    response = client.get(url)
    client.post(url, {"sleep_quality": "9"})

    assert response.status_code == 200
    assert 'name="sleep_quality"' not in response.content.decode()
    assert stored(person)["sleep_quality"] == 3


@each_stage
def test_editing_an_old_day_does_not_overwrite_the_newest(as_person, person, stage):
    newest = make_full_log(person, TODAY)
    as_person.post(check_in_url(stage), answers(stage))
    before = stored(person, TODAY)

    as_person.post(check_in_url(stage), form_as_shown(as_person.get(check_in_url(stage))))
    as_person.post(check_in_url(stage), asked(stage))

    assert stored(person, TODAY) == before
    assert newest.is_complete


@each_stage
def test_starting_with_any_stage_invents_no_other(as_person, person, stage):
    as_person.post(check_in_url(stage), answers(stage))

    log = person.daily_logs.get()
    others = [name for other in STAGES if other is not stage for name in (*other.field_names, other.completed_at)]
    assert {name: getattr(log, name) for name in others} == dict.fromkeys(others)


@each_stage
def test_an_untouched_score_stores_nothing(as_person, person, stage):
    """Also together with another answer."""
    shown = form_as_shown(as_person.get(check_in_url(stage)))
    given = stage.field_names[0]

    as_person.post(check_in_url(stage), shown | {given: REQUIRED[str(stage)][given]})

    log = person.daily_logs.get()
    assert [name for name in stage.field_names if getattr(log, name) is not None] == [given]


@pytest.mark.parametrize(
    ("stage", "name"),
    [(s, f.name) for s in STAGES for f in s.fields if isinstance(f, models.CharField | models.TextField)],
)
def test_text_once_saved_can_be_emptied(as_person, person, stage, name):
    as_person.post(check_in_url(stage), answers(stage))
    shown = form_as_shown(as_person.get(check_in_url(stage)))

    as_person.post(check_in_url(stage), shown | {name: "  "})

    assert stored(person)[name] is None


@each_stage
def test_reopening_a_form_shows_what_is_stored_and_saving_it_changes_nothing(as_person, person, stage, noon):
    as_person.post(check_in_url(stage), answers(stage) | asked(stage))
    before = stored(person)
    shown = form_as_shown(as_person.get(check_in_url(stage)))
    noon.shift(3600)

    as_person.post(check_in_url(stage), shown)

    sent = {name: value if isinstance(value, list) else [value] for name, value in answers(stage).items()}
    assert {name: [v.replace("\r\n", "\n") for v in shown[name]] for name in sent} == sent
    assert stored(person) == before


def test_questions_that_are_not_shown_are_not_answered_with_no(as_person, person):
    """An unsent checkbox means no answer. Only a pressed button means no."""
    for stage in STAGES:
        as_person.post(check_in_url(stage), REQUIRED[str(stage)])

    log = person.daily_logs.get()
    questions = [f.name for s in STAGES for f in s.fields if isinstance(f, models.BooleanField) and f.blank]
    assert {name: getattr(log, name) for name in questions} == dict.fromkeys(questions)


@each_stage
def test_every_input_of_the_form_has_a_column_and_every_column_an_input(as_person, person, stage):
    form = CheckInForm(stage, DailyLog(user=person, date=DAY))

    assert set(form.fields) - {"doses"} == set(stage.field_names)
    page = as_person.get(check_in_url(stage)).content.decode()
    for name in stage.field_names:
        assert f'name="{name}"' in page


@pytest.mark.parametrize("server_zone", ["UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_today_is_computed_in_one_zone(as_person, person, settings, server_zone):
    """The person's zone: neither the server's zone nor the date in UTC matters."""
    settings.TIME_ZONE = server_zone

    with time_machine.travel(datetime.datetime(2026, 5, 5, 22, tzinfo=NEW_YORK), tick=False):
        assert as_person.get("/").context["day"] == TODAY
        as_person.post(check_in_url("evening", TODAY), answers("evening"))
        assert as_person.get(day_url(TODAY + datetime.timedelta(days=1))).status_code == 404
        in_calendar = [s for week in as_person.get("/logs/").context["weeks"] for s in week if s.is_today]

    assert person.daily_logs.get().date == TODAY
    assert [square.date for square in in_calendar] == [TODAY]


def test_the_morning_is_not_needed_for_a_day_to_be_begun(as_person, person):
    as_person.post(check_in_url("evening"), answers("evening"))

    assert person.daily_logs.get().state_of(MORNING) == "not-started"
    assert "0 of 5" not in as_person.get("/logs/").content.decode()
