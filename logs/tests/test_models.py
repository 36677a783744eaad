"""The models DailyLog, Medication and Dose. The database refuses the same values as the forms."""

import datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog import formats
from brainlog.formats import Formats
from encryption.fields import private_fields
from logs.fields import ChoiceField, ScoreField
from logs.models import DailyLog, Dose, Medication
from logs.question_lists import questions_of_day
from logs.questions import shown_answers
from logs.stages import AFTERNOON, EVENING, MEDICATION, MIDDAY, MORNING, STAGES
from logs.tests.factories import DAY, make_dose, make_full_log, make_log, make_medication

pytestmark = pytest.mark.django_db

FIELDS = {field.name: field for stage in STAGES for field in stage.fields}
SCORES = [name for name, field in FIELDS.items() if isinstance(field, ScoreField)]
CHOICES = [name for name, field in FIELDS.items() if isinstance(field, ChoiceField)]
DEPENDENT = [name for name, field in FIELDS.items() if field.shown_when]


PRIVATE = {field.name for field in private_fields(DailyLog)}  # update() has no row to bind ciphertext to


def something(name):
    """A valid value of the answer."""
    if name in CHOICES:
        return FIELDS[name].choices[0][0]
    return {"ate_within_hour": False, "coping_strategies": ["journaled"]}.get(name, "words")


def question_of(name) -> dict:
    """The answer on which the question `name` depends, if there is one."""
    return dict([FIELDS[name].shown_when]) if FIELDS[name].shown_when else {}


def refused(constraint):
    return pytest.raises(IntegrityError, match=constraint)


def store(name, value, **others):
    """Store the answer without forms and validators: by update() and by bulk_create()."""
    facts = others | {name: value}
    log = make_log()
    with transaction.atomic():
        write(log, facts)
    log.refresh_from_db()
    assert getattr(log, name) == value
    DailyLog.objects.bulk_create([DailyLog(user=make_person(), date=DAY, **facts)])


def write(log, facts):
    if facts.keys() & PRIVATE:
        for name, value in facts.items():
            setattr(log, name, value)
        log.save(update_fields=facts)
    else:
        DailyLog.objects.filter(pk=log.pk).update(**facts)


def refuse(name, value, constraint, **others):
    facts = others | {name: value}
    log = make_log()
    with refused(constraint), transaction.atomic():
        write(log, facts)
    with refused(constraint), transaction.atomic():
        DailyLog.objects.bulk_create([DailyLog(user=make_person(), date=DAY, **facts)])


@pytest.mark.parametrize("make", [make_log, make_full_log, make_medication, make_dose])
def test_factories_make_valid_rows_without_arguments(make):
    row = make()

    # An empty answer is valid in the database; the form requires it.
    blank = [name for name in FIELDS if getattr(row, name, "") is None]
    row.full_clean(exclude=blank)
    assert type(row).objects.get() == row


def test_a_full_log_is_done():
    assert make_full_log().is_complete


# The database


@pytest.mark.parametrize("name", SCORES)
def test_a_score_is_from_one_to_ten(name):
    for allowed in (1, 10):
        store(name, allowed)
    for nonsense in (0, 11, -1):
        refuse(name, nonsense, f"daily_log_{name}_valid")


def test_hours_are_from_0_to_24():
    for allowed in (Decimal(0), Decimal("7.25"), Decimal(24)):
        store("sleep_hours", allowed)
    for nonsense in (Decimal(-1), Decimal("-0.25"), Decimal("24.25"), Decimal(25)):
        refuse("sleep_hours", nonsense, "daily_log_sleep_hours_valid")


@pytest.mark.parametrize("name", CHOICES)
def test_a_choice_is_one_of_its_words(name):
    for allowed, _label in FIELDS[name].choices:
        store(name, allowed, **question_of(name))
    for nonsense in ("nonsense", "", FIELDS[name].choices[0][0].upper()):
        refuse(name, nonsense, f"daily_log_{name}_valid", **question_of(name))


@pytest.mark.parametrize("name", DEPENDENT)
def test_an_answer_needs_its_question(name):
    question, answer = FIELDS[name].shown_when

    store(name, something(name), **{question: answer})
    refuse(name, something(name), f"daily_log_{name}_asked", **{question: not answer})
    refuse(name, something(name), f"daily_log_{name}_asked", **{question: None})


def test_a_person_has_one_log_a_day():
    log = make_log()

    with pytest.raises(IntegrityError), transaction.atomic():
        DailyLog.objects.bulk_create([DailyLog(user=log.user, date=log.date)])
    make_log(date=log.date)
    make_log(user=log.user, date=log.date + datetime.timedelta(days=1))


def test_a_day_is_not_tracked_for_a_known_reason():
    for allowed in ("holiday", "ill", "other"):
        make_log(not_tracked=allowed)
    with refused("daily_log_not_tracked_valid"), transaction.atomic():
        make_log(not_tracked="nonsense")


@pytest.mark.parametrize("amount", ["0", "-5"])
def test_an_amount_is_more_than_nothing(amount):
    dose = make_dose()

    with refused("dose_amount_positive"), transaction.atomic():
        Dose.objects.filter(pk=dose.pk).update(amount=amount)
    with refused("dose_amount_positive"), transaction.atomic():
        Dose.objects.bulk_create(
            [Dose(daily_log=dose.daily_log, medication=dose.medication, amount=Decimal(amount), unit="mg")]
        )
    with refused("medication_usual_amount_valid"), transaction.atomic():
        Medication.objects.update(usual_amount=amount)


def test_a_unit_is_a_known_one():
    make_dose()

    with refused("dose_unit_valid"), transaction.atomic():
        Dose.objects.update(unit="stones")
    with refused("medication_unit_valid"), transaction.atomic():
        Medication.objects.update(unit="stones")


def test_a_medication_that_was_taken_stays():
    dose = make_dose()

    with pytest.raises(IntegrityError), transaction.atomic():
        dose.medication.delete()
    dose.daily_log.user.delete()
    assert not Dose.objects.exists()


# The day


@pytest.mark.parametrize("stage", STAGES, ids=str)
def test_a_check_in_is_not_started_then_begun_then_done(stage):
    log = DailyLog(user=make_person())
    assert log.state_of(stage) == "not-started"

    setattr(log, stage.field_names[-1], something(stage.field_names[-1]))
    assert log.state_of(stage) == "begun"

    setattr(log, stage.completed_at, timezone.now())
    assert log.state_of(stage) == "done"
    assert [log.state_of(other) for other in STAGES if other is not stage] == ["not-started"] * (len(STAGES) - 1)


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if not field.choices])
def test_no_and_nothing_are_answers(name):
    person = make_person()

    assert not DailyLog(user=person, **{name: 0}).is_empty
    assert not DailyLog(user=person, **{name: False}).is_empty


def test_a_day_is_complete_with_all_check_ins():
    stamps = {stage.completed_at: timezone.now() for stage in STAGES}

    assert DailyLog(user=User(), date=DAY, **stamps).is_complete
    for stage in STAGES:
        log = DailyLog(user=User(), date=DAY, **(stamps | {stage.completed_at: None}))
        assert not log.is_complete
        assert log.stages_done == len(STAGES) - 1


def test_the_headline_is_the_rating_or_else_a_mood():
    assert DailyLog(day_rating=3, overall_mood=8, morning_mood=9).headline == 3
    assert DailyLog(overall_mood=8, morning_mood=9).headline == 8
    assert DailyLog(morning_mood=9).headline == 9
    assert DailyLog(sleep_quality=9).headline is None


def test_a_row_is_empty_without_answer_and_mark():
    assert DailyLog(user=make_person(), date=DAY).is_empty
    assert not DailyLog(not_tracked="ill").is_empty


def test_is_answered_tells_days_with_answers_from_days_with_a_mark():
    marked = make_log(not_tracked="holiday")
    answered = [make_log(medication_taken=False), make_log(gratitude="Sun"), make_log(day_rating=1, not_tracked="ill")]

    rows = DailyLog.objects.with_is_answered(questions_of_day(None))

    assert {row.pk for row in rows.filter(is_answered=True)} == {log.pk for log in answered}
    assert [row.pk for row in rows.filter(is_answered=False)] == [marked.pk]


def test_between_includes_both_ends_newest_first():
    person = make_person()
    days = [DAY + datetime.timedelta(days=n) for n in range(4)]
    for day in days:
        make_log(person, day)

    assert [log.date for log in person.daily_logs.between(days[1], days[2])] == [days[2], days[1]]


def words_of(log, stage):
    return [(answer.label, answer.text) for answer in shown_answers(stage.questions(log.user), log)]


def test_answers_are_read_out_in_words_and_order():
    log = make_log(
        sleep_hours=Decimal("7.50"), morning_mood=4, physical_status="pain", dreams="Flying", had_emotional_event=True
    )
    log.coping_strategies = ["talked_it_out", "detached"]
    log.is_crashing = False

    assert words_of(log, MORNING) == [
        ("Hours of sleep", "7.5 hours"),
        ("Mood this morning", "4 of 10"),
        ("How does your body feel?", "in pain"),
        ("Dreams and notes on sleep", "Flying"),
    ]
    assert words_of(log, MIDDAY) == [
        ("Was there an emotional event?", "Yes"),
        ("How did you cope?", "talked it out, detached"),
    ]
    assert words_of(log, AFTERNOON) == [("Is your medication wearing off?", "No")]
    assert words_of(log, EVENING) == []


def test_doses_are_read_out_after_their_question():
    log = make_log(medication_taken=True, ate_within_hour=False)
    make_dose(log)
    make_dose(log, log.user.medications.get(), amount=Decimal(18), taken_at=None)

    assert words_of(log, MEDICATION) == [
        ("Did you take medication?", "Yes"),
        ("Doses", "Concerta 36 mg at 8:15 a.m.\nConcerta 18 mg"),
        ("Did you eat within an hour of the first dose?", "No"),
    ]


# Medications and doses


@pytest.mark.parametrize("other", ["concerta", "CONCERTA", "  Concerta ", "Concerta\t"])
def test_spellings_of_one_name_are_one_medication(other):
    medication = make_medication(name="Concerta")

    with pytest.raises(IntegrityError), transaction.atomic():
        make_medication(medication.user, name=other)
    make_medication(name=other)


def test_case_is_folded_beyond_ascii():
    assert Medication.key_of("ÄTHER  Öl") == Medication.key_of("äther öl")
    assert Medication.key_of("Straße") == Medication.key_of("STRASSE")


@pytest.mark.parametrize(
    "name, other",
    [("Äther", "A\N{COMBINING DIAERESIS}ther"), ("D3", "\N{FULLWIDTH LATIN CAPITAL LETTER D}3")],
    ids=["decomposed", "full-width"],
)
def test_one_name_in_two_forms_of_unicode_is_one(name, other):
    """Keyboards of phones and of computers encode accents differently."""
    assert name != other and Medication.key_of(name) == Medication.key_of(other)


def test_the_longest_name_has_room_for_its_hash(settings):
    settings.FIELD_ENCRYPTION_KEYS = {"an-id-of-16-char": bytes(32)}
    medication = make_medication(name="ΐ" * 100)  # three characters once folded

    assert len(medication.name_key) <= Medication._meta.get_field("name_key").max_length


def test_str_of_a_medication_and_of_a_dose_has_no_name():
    dose = make_dose(medication=make_medication(name="Concerta"))
    for row in (dose, dose.medication):
        assert "Concerta" not in f"{row} {row!r}"
    assert str(dose) == "36 mg at 8:15 a.m."


def test_saving_a_name_saves_its_hash():
    medication = make_medication(name="Concerta")
    medication.name = "Tea"
    medication.save(update_fields=["name"])

    make_medication(medication.user, name="Concerta")
    with pytest.raises(IntegrityError), transaction.atomic():
        make_medication(medication.user, name="tea")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({}, "Concerta 36 mg at 8:15 a.m."),
        ({"taken_at": None}, "Concerta 36 mg"),
        (
            {"amount": Decimal("0.500"), "unit": "tablets", "taken_at": datetime.time(12)},
            "Concerta 0.5 tablets at noon",
        ),
        ({"amount": Decimal("100.000"), "unit": "drops", "taken_at": None}, "Concerta 100 drops"),
        ({"unit": None, "taken_at": None}, "Concerta 36"),
    ],
)
def test_a_dose_in_words(facts, words):
    assert make_dose(**facts).in_words == words


def test_a_dose_keeps_its_unit_when_the_medication_changes():
    dose = make_dose(unit="mg", taken_at=None)
    dose.medication.unit = "ml"

    assert dose.in_words == "Concerta 36 mg"


def test_a_dose_is_written_as_the_person_writes_times():
    with formats.override(Formats(hour_format="24")):
        assert make_dose(taken_at=datetime.time(20, 15)).in_words == "Concerta 36 mg at 20:15"
