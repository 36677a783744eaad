"""The declared questions of each check-in, their kinds, and the constraints of the database."""

import pytest
from django.db.models import NOT_PROVIDED

from brainlog.formats import Formats, override
from logs.fields import ChoiceField, Direction, HoursField, LineField, NoteField, ScoreField, SeveralField, YesNoField
from logs.models import DailyLog
from logs.question_lists import questions_of_day
from logs.stages import AFTERNOON, EVENING, MEDICATION, MIDDAY, MORNING, STAGES, stage_for_hour

REQUIRED = {
    MORNING: {"sleep_hours": HoursField, "sleep_quality": ScoreField, "morning_mood": ScoreField},
    MEDICATION: {"medication_taken": YesNoField},
    MIDDAY: {"focus_level": ScoreField, "energy_level": ScoreField, "rumination_level": ScoreField},
    AFTERNOON: {"anxiety_level": ScoreField},
    EVENING: {"overall_mood": ScoreField, "day_rating": ScoreField},
}
OPTIONAL = {
    MORNING: {"dreams": NoteField, "physical_status": ChoiceField, "breakfast": LineField},
    MEDICATION: {"ate_within_hour": YesNoField, "first_hour_feeling": ChoiceField, "reason_for_skipping": ChoiceField},
    MIDDAY: {
        "lunch": LineField,
        "current_activity": NoteField,
        "distractions": NoteField,
        "had_emotional_event": YesNoField,
        "emotional_event": NoteField,
        "coping_strategies": SeveralField,
    },
    AFTERNOON: {
        "afternoon_snack": LineField,
        "is_crashing": YesNoField,
        "crash_symptoms": NoteField,
        "current_feeling": NoteField,
        "had_triggering_interaction": YesNoField,
        "interaction_details": NoteField,
        "self_worth_tied_to_performance": ChoiceField,
        "overextended": ChoiceField,
    },
    EVENING: {
        "dinner": LineField,
        "met_physical_activity_goals": YesNoField,
        "met_dietary_goals": YesNoField,
        "never_felt_isolated": YesNoField,
        "sleepiness": ScoreField,
        "medication_effectiveness": ChoiceField,
        "helpful_factors": NoteField,
        "distracting_factors": NoteField,
        "accomplishments": NoteField,
        "challenges": NoteField,
        "gratitude": NoteField,
        "improvements": NoteField,
        "thought_for_tomorrow": NoteField,
        "tomorrow_plan": NoteField,
    },
}
VOCABULARIES = {
    "physical_status": ["energetic", "rested", "neutral", "tired", "exhausted", "pain"],
    "first_hour_feeling": [
        "clear",
        "foggy",
        "anxious",
        "wired",
        "focused",
        "calm",
        "no_noticeable_effect",
        "other",
    ],
    "reason_for_skipping": ["weekend", "forgot", "side_effects", "planned_break", "out_of_medication", "other"],
    "coping_strategies": ["redirected_attention", "talked_it_out", "journaled", "spiraled", "detached"],
    "self_worth_tied_to_performance": ["strongly", "mildly", "not_at_all"],
    "overextended": ["yes", "no", "not_sure"],
    "medication_effectiveness": ["yes", "no", "mixed"],
}
SHOWN_WHEN = {
    "ate_within_hour": ("medication_taken", True),
    "first_hour_feeling": ("medication_taken", True),
    "reason_for_skipping": ("medication_taken", False),
    "emotional_event": ("had_emotional_event", True),
    "coping_strategies": ("had_emotional_event", True),
    "crash_symptoms": ("is_crashing", True),
    "interaction_details": ("had_triggering_interaction", True),
}
HIGH_IS_BAD = {"rumination_level", "anxiety_level", "sleepiness"}

AGREED = {name for stage in STAGES for name in (*REQUIRED[stage], *OPTIONAL[stage])}
QUESTIONS = questions_of_day(None)
KINDS = {question.name: question.kind for question in QUESTIONS}
FIELDS = [field for stage in STAGES for field in stage.fields]
CONSTRAINTS = {constraint.name for constraint in DailyLog._meta.constraints}

each_stage = pytest.mark.parametrize("stage", STAGES, ids=str)


def test_the_five_are_in_the_order_of_the_day():
    assert [str(stage) for stage in STAGES] == ["morning", "medication", "midday", "afternoon", "evening"]


def test_the_hours_are_written_as_each_person_writes_times():
    """Both in one process, which keeps the words."""
    with override(Formats(hour_format="12")):
        assert MORNING.hours == "7 a.m. to 9 a.m."
    with override(Formats(hour_format="24")):
        assert MORNING.hours == "07:00 to 09:00"


@each_stage
def test_it_asks_what_was_agreed(stage):
    """These questions exist with these kinds. There may be others."""
    asked = {field.name: type(field) for field in stage.fields}

    assert (REQUIRED[stage] | OPTIONAL[stage]).items() <= asked.items()


@each_stage
def test_the_answers_that_make_it_done_come_first(stage):
    questions = [question for question in stage.questions(None) if question.kind]

    assert {question.name for question in questions if question.is_needed} == set(REQUIRED[stage])
    assert {question.name for question in questions[: len(REQUIRED[stage])]} == set(REQUIRED[stage])


def test_no_two_answers_share_a_name():
    """Django would silently merge fields of the same name in two abstract base classes into one column."""
    beside = [name for stage in STAGES for name in (stage.completed_at, *stage.part.recorded)]
    names = [*(name for stage in STAGES for name in stage.field_names), *beside]

    assert sorted(names) == sorted(set(names))


@each_stage
def test_every_answer_and_what_is_recorded_is_a_column_of_the_day(stage):
    columns = {field.name for field in DailyLog._meta.local_fields}

    assert {*stage.field_names, stage.completed_at, *stage.part.recorded} <= columns


def test_each_offers_the_words_that_were_agreed():
    assert {name: KINDS[name].keys for name in VOCABULARIES} == VOCABULARIES


def test_each_is_asked_under_the_condition_that_was_agreed():
    conditions = {question.name: question.shown_when for question in QUESTIONS}

    assert {name: conditions[name] for name in SHOWN_WHEN} == SHOWN_WHEN


def test_none_has_a_default_and_each_may_be_missing():
    with_default = [f.name for f in FIELDS if f.has_default() or f.db_default is not NOT_PROVIDED]

    assert with_default == []
    assert [field.name for field in FIELDS if not field.null] == []
    assert [field.name for field in FIELDS if getattr(DailyLog(), field.name) is not None] == []


def test_a_score_says_what_its_ends_mean():
    scores = [field for field in FIELDS if isinstance(field, ScoreField)]
    agreed = [field for field in scores if field.name in AGREED]

    assert [field.name for field in scores if not all(str(end) for end in field.kind.ends)] == []
    assert {field.name for field in agreed if field.direction == Direction.WORSE} == HIGH_IS_BAD
    assert {field.direction for field in agreed} == {Direction.WORSE, Direction.BETTER}


def test_ranges_and_choices_have_constraints():
    guarded = {f"daily_log_{f.name}_valid" for f in FIELDS if isinstance(f, (ScoreField, HoursField, ChoiceField))}

    assert guarded - CONSTRAINTS == set()


def test_conditional_answers_have_constraints():
    assert {f"daily_log_{name}_asked" for name in SHOWN_WHEN} - CONSTRAINTS == set()


@pytest.mark.parametrize(
    ("hour", "stage"),
    [
        (4, MORNING),
        (8, MORNING),
        (9, MEDICATION),
        (10, MEDICATION),
        (11, MIDDAY),
        (14, MIDDAY),
        (15, AFTERNOON),
        (19, AFTERNOON),
        (20, EVENING),
        (23, EVENING),
        (0, EVENING),
        (3, EVENING),
    ],
)
def test_an_hour_suits_one_check_in(hour, stage):
    assert stage_for_hour(hour, day_ends_at=4) is stage


def test_the_small_hours_are_morning_for_whose_day_ends_at_midnight():
    assert stage_for_hour(0, day_ends_at=0) is MORNING
    assert stage_for_hour(4, day_ends_at=5) is EVENING
    assert stage_for_hour(5, day_ends_at=5) is MORNING
