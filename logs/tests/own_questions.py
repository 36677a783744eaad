"""Own questions for tests, and answers to each kind."""

import datetime
from collections.abc import Iterable
from decimal import Decimal

from accounts.models import User
from logs.models import OwnQuestion
from logs.questions import RowQuestion

# By kind: the inputs of the question `own`, the answer, and a part of the words that a page shows.
TYPED = {
    "score": ({"own": "7"}, 7, "7 of 10"),
    "yes_no": ({"own": "no"}, False, "no"),
    "number": ({"own": "2,5"}, Decimal("2.5"), "2.5"),
    "two_numbers": ({"own": "120", "own-2": "80"}, (Decimal(120), Decimal(80)), "120 / 80"),
    "choice": ({"own": "2"}, 2, "coffee"),
    "several": ({"own": ["2", "1"]}, [1, 2], "tea, coffee"),
    "line": ({"own": "a <b>line</b>"}, "a <b>line</b>", "a &lt;b&gt;line&lt;/b&gt;"),
    "note": ({"own": "one\r\ntwo"}, "one\ntwo", "one<br>two"),
    "time": ({"own": "22:15"}, datetime.time(22, 15), "10:15 p.m."),
}


def make_question(person, kind: str, *, choices=((1, "tea"), (2, "coffee")), **facts) -> OwnQuestion:
    """An own question of the person, in the evening unless said otherwise."""
    question = OwnQuestion(
        user=person, kind=kind, **{"label": f"My {kind}", "check_in": "evening", "place": "folded"} | facts
    )
    if kind in ("choice", "several"):
        question.set_choices(choices)
    question.save()
    User.objects.filter(pk=person.pk).update(has_own_questions=True)
    person.has_own_questions = True
    return question


def make_answer(row, question: OwnQuestion, value=None):
    """An answer of a day or a week, such as that in TYPED."""
    RowQuestion(question).write(row, TYPED[question.kind][1] if value is None else value)
    row.save_own_answers()


def typed_in(question: OwnQuestion) -> dict:
    """The answer of TYPED to a question, as its page sends it."""
    return {name.replace("own", question.name): given for name, given in TYPED[question.kind][0].items()}


def all_typed(questions: Iterable[OwnQuestion]) -> dict:
    """The same of several questions."""
    return {name: value for question in questions for name, value in typed_in(question).items()}
