"""The question whether medication was a net positive: only on days on which it was taken."""

from logs.questions import shown_answers
from logs.stages import EVENING
from logs.tests.factories import make_full_log


def labels_of(log):
    return [shown.label for shown in shown_answers(EVENING.questions(log.user), log)]


def test_an_effect_is_not_read_out_once_the_medication_turns_out_not_to_be_taken(as_person, person):
    log = make_full_log(person, medication_effectiveness="yes")
    assert "All in all, did medication do you good today?" in [
        shown.label for shown in shown_answers(EVENING.questions(person), log)
    ]

    log.medication_taken = False

    assert "All in all, did medication do you good today?" not in [
        shown.label for shown in shown_answers(EVENING.questions(person), log)
    ]
