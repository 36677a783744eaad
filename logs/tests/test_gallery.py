"""The ready-made questions: complete, well-formed, and in words that make no claim."""

import re
from collections import Counter
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.utils.functional import Promise

from logs import kinds
from logs.fields import Direction
from logs.gallery import ENTRY_BY_KEY, GROUPS
from logs.stages import STAGE_BY_SLUG

pytestmark = pytest.mark.once

ENTRIES = [entry for group in GROUPS for entry in group.entries]

KINDS = {"score", "yes_no", "number", "two_numbers", "choice", "several", "line", "note", "time"}

# What an entry of each kind has besides what all have.
PARTS = {
    "score": {"ends"},
    "number": {"unit", "least", "most", "step"},
    "two_numbers": {"unit", "least", "most", "step"},
    "choice": {"choices"},
    "several": {"choices"},
}

TOPICS = {
    # Effects and side effects of medication, and what acts on them.
    *("medication_working", "medication_wearing_off", "wearing_off_hardness", "appetite", "meals"),
    *("time_to_fall_asleep", "weight_kg", "weight_lb", "blood_pressure", "blood_pressure_arm"),
    *("blood_pressure_at_rest", "blood_pressure_time", "pulse"),
    *("headache", "dry_mouth", "stomach_ache", "racing_heart", "jitteriness", "irritability", "feeling_flat", "tics"),
    *("sweating", "sexual_difficulty", "dizziness", "side_effect_times", "side_effects_in_the_way"),
    *("starting", "cost_at_work", "cost_at_home", "cost_with_people", "less_sleep_more_energy"),
    *("caffeine", "alcohol", "nicotine", "cannabis", "period_day", "unusual_event", "unusual_event_feeling"),
    # What else people often want to see beside them.
    *("water", "pain", "impulsivity", "time_outside", "exercise", "evening_screen_time", "nap", "social_contact"),
    *("work_stress", "sensory_overload", "bedtime", "waking_time"),
}

COMPLAINTS = {
    *("headache", "dry_mouth", "stomach_ache", "racing_heart", "jitteriness", "irritability", "feeling_flat", "tics"),
    *("sweating", "sexual_difficulty", "dizziness"),
}

# Words that judge a person's answers, or claim what a log cannot know or do.
AVOIDED = re.compile(
    r"significan|\bproven|effect of|caused by|improv|optim|normal|\brisk|\bscore|likely"
    r"|monitor|detect|diagnos|analys|\btreat|interpret|\balarm|calculat|measur"
    r"|\bshould\b|\bmust\b|\bfail|\bblame|healthy",
    re.IGNORECASE,
)


def texts_of(entry) -> list:
    """All its texts for people."""
    return [text for text in (entry.label, entry.why, *entry.ends, entry.unit, *entry.choices) if text]


def field_of(entry):
    """The form field that asks for a number, or for two."""
    kind = {"number": kinds.Number, "two_numbers": kinds.TwoNumbers}[entry.kind]
    return kind(entry.unit, entry.least, entry.most, entry.step).form_field(label=entry.label)


def is_accepted(entry, number) -> bool:
    typed = str(number) if entry.kind == "number" else [str(number), str(number)]
    try:
        field_of(entry).clean(typed)
    except ValidationError:
        return False
    return True


def test_every_topic_is_there():
    assert TOPICS - ENTRY_BY_KEY.keys() == set()
    assert {group.key for group in GROUPS} >= {"sleep", "medication", "side_effects", "body", "food", "mind", "day"}
    assert all(group.entries for group in GROUPS)


def test_keys_and_labels_are_unique():
    counts = Counter([entry.key for entry in ENTRIES] + [str(entry.label) for entry in ENTRIES])
    counts.update(f"group {group.key}" for group in GROUPS)

    assert [name for name, times in counts.items() if times > 1] == []
    assert len(ENTRY_BY_KEY) == len(ENTRIES)


def test_keys_are_short_slugs():
    keys = [*ENTRY_BY_KEY, *(group.key for group in GROUPS)]

    assert [key for key in keys if not re.fullmatch(r"[a-z]+(_[a-z]+)*", key) or len(key) > 40] == []


def test_labels_are_one_question_each():
    assert [entry.key for entry in ENTRIES if len(entry.label) > 120] == []
    assert [entry.key for entry in ENTRIES if not re.fullmatch(r"[A-Z][^?\n]*\?", str(entry.label))] == []


def test_why_is_one_short_sentence():
    sentence = re.compile(r"[A-Z][^.!?\n]{10,99}\.")

    assert [entry.key for entry in ENTRIES if not sentence.fullmatch(str(entry.why))] == []


def test_kinds_check_ins_and_directions_exist():
    check_ins = {*STAGE_BY_SLUG, "week"}

    assert {entry.kind for entry in ENTRIES} == KINDS
    assert [entry.key for entry in ENTRIES if entry.check_in not in check_ins] == []
    assert [entry.key for entry in ENTRIES if not isinstance(entry.direction, Direction)] == []


def test_an_entry_has_what_its_kind_takes_and_nothing_else():
    for entry in ENTRIES:
        parts = {"ends": any(entry.ends), "unit": entry.unit, "choices": entry.choices}
        parts |= {name: getattr(entry, name) is not None for name in ("least", "most", "step")}

        assert {name for name, is_given in parts.items() if is_given} <= PARTS.get(entry.kind, set()), entry.key


def test_scores_have_words_at_both_ends_and_a_direction():
    scores = [entry for entry in ENTRIES if entry.kind == "score"]

    assert [entry.key for entry in scores if not all(0 < len(end) <= 40 for end in entry.ends)] == []
    assert [entry.key for entry in scores if entry.direction == Direction.NEITHER] == []


def test_numbers_have_limits_that_can_be_reached():
    numbers = [entry for entry in ENTRIES if entry.kind in {"number", "two_numbers"}]

    for entry in numbers:
        limits = [each for each in (entry.least, entry.most, entry.step) if each is not None]
        assert all(isinstance(each, Decimal) for each in limits), entry.key
        assert entry.least < entry.most, entry.key
        assert entry.step is None or entry.step > 0, entry.key
        assert len(entry.unit) <= 20, entry.key
        assert is_accepted(entry, entry.least), entry.key
        assert is_accepted(entry, entry.most), entry.key
        assert not is_accepted(entry, entry.least - 1), entry.key
        assert not is_accepted(entry, entry.most + 1), entry.key


@pytest.mark.parametrize(
    ("key", "answers"),
    [
        ("time_to_fall_asleep", [0, 7, 480]),
        ("nap", [0, 12, 300]),
        ("evening_screen_time", [0, 120]),
        ("night_wakings", [0, 15]),
        ("exercise", [0, 37, 900]),
        ("time_outside", [0, 1440]),
        ("weight_kg", ["28.4", "71.35", 442]),
        ("weight_lb", ["62.6", "157.3", 974]),
        ("blood_pressure", [35, 120, 300]),
        ("pulse", [28, 60, 220]),
        ("period_day", [0, 1, 100]),
        ("caffeine", [0, "0.5", 20]),
        ("alcohol", [0, "1.5", 40]),
        ("nicotine", [0, 80, 400]),
        ("water", [0, 24]),
        ("meals", [0, 9]),
        ("side_effects_in_the_way", range(7)),
        ("unusual_event_feeling", range(-3, 4)),
    ],
)
def test_honest_answers_are_within_the_limits(key, answers):
    assert [answer for answer in answers if not is_accepted(ENTRY_BY_KEY[key], answer)] == []


def test_choices_are_few_and_differ():
    for entry in ENTRIES:
        if entry.kind in {"choice", "several"}:
            words = [str(choice) for choice in entry.choices]
            assert 2 <= len(words) <= 12, entry.key
            assert len({choice.casefold() for choice in words}) == len(words), entry.key
            assert all(0 < len(choice) <= 40 for choice in words), entry.key


def test_complaints_tell_none_from_not_asked():
    found = {key: [str(choice) for choice in ENTRY_BY_KEY[key].choices] for key in COMPLAINTS}

    assert found == dict.fromkeys(COMPLAINTS, ["none", "mild", "moderate", "severe"])


def test_blood_pressure_is_two_numbers():
    entry = ENTRY_BY_KEY["blood_pressure"]

    assert (entry.kind, str(entry.unit)) == ("two_numbers", "mmHg")
    assert field_of(entry).clean(["125", "80"]) == (125, 80)


def test_no_words_that_judge_or_claim():
    texts = [(entry.key, str(text)) for entry in ENTRIES for text in texts_of(entry)]
    texts += [(group.key, str(group.title)) for group in GROUPS]

    assert [(key, text) for key, text in texts if AVOIDED.search(text)] == []


@pytest.mark.parametrize("text", ["Monitors your sleep.", "Your mood score", "It is not normal.", "caused by coffee"])
def test_words_that_judge_or_claim_are_found(text):
    assert AVOIDED.search(text)


def test_all_texts_are_translated_when_shown():
    texts = [text for entry in ENTRIES for text in texts_of(entry)] + [group.title for group in GROUPS]

    assert [text for text in texts if not isinstance(text, Promise)] == []


def test_none_is_asked_first_unless_the_person_says_so():
    assert [entry.key for entry in ENTRIES if entry.is_first] == []
