"""The one question of a bad day: which it is for a person, and for which days it was the only one.

docs/decisions/0028-bad-days.md
"""

import datetime

from brainlog.database.retry import retry_on_conflict
from logs.check_in_times import stage_now
from logs.kinds import Score
from logs.models import DailyLog
from logs.question_choices import Choices
from logs.question_lists import questions_of_day
from logs.questions import Question
from logs.stages import EVENING, MOODS, STAGES


@retry_on_conflict
def ask_one_question(person, day: datetime.date):
    """Ask one question only on this day. Its row is marked, if it has one; else the save that makes it marks it.

    The row of the day before that had one question is marked again: a save in parallel to the switch may have made it.
    A statement that updates a row waits for a save that holds it, and changes nothing else of it. As with answers, the
    person's row comes last.
    """
    days = {day, person.one_question_on} - {None}
    person.daily_logs.filter(date__in=days).update(one_question_only=True)
    person.ask_one_question_on(day)


@retry_on_conflict
def ask_everything(person, day: datetime.date):
    """Ask everything again on this day."""
    person.daily_logs.filter(date=day).update(one_question_only=None)
    person.ask_one_question_on(None)


def is_score(question: Question) -> bool:
    return isinstance(question.kind, Score)


def scores_asked(person) -> dict[str, Question]:
    """The questions with a score that the person is asked, by name and in order. At most one query."""
    return {
        question.name: question
        for stage in STAGES
        if stage.is_on(person)
        for question in stage.questions(person)
        if question.is_asked and is_score(question)
    }


def score_named(person, name: str) -> Question | None:
    """The question with a score of this name, be it asked or not. At most one query."""
    found = (question for question in questions_of_day(person) if question.name == name and is_score(question))
    return next(found, None)


def one_question(log: DailyLog) -> Question | None:
    """What is asked on a day of one question: the person's choice, else the mood that suits the hour.

    From the evening on that is the mood over the day, before it the one of the morning. A question that is not asked
    any more, or that another answer leaves out, is passed over. None, if the person is asked no score.
    """
    person = log.user
    asked = {name: question for name, question in scores_asked(person).items() if not question.is_left_out(log)}
    moods = [*MOODS]
    if stage_now(person) is EVENING:
        moods.reverse()
    names = [Choices.from_json(person.question_choices).one, *moods, *asked]
    return next((asked[name] for name in names if name in asked), None)
