"""Forms of some questions of a day: the one of a bad day, and the scores that are missing on a day that is over.

The questions are those of check-ins, and are saved like them. docs/decisions/0028-bad-days.md
"""

import datetime
from collections.abc import Sequence
from functools import lru_cache

from django.urls import reverse

from logs.answer_form import AnswersForm
from logs.models import DailyLog, stages_switched_on
from logs.one_question import is_score
from logs.question_choices import Choices, arranged
from logs.question_lists import QUESTION_LISTS, names_in, parts_of_day, questions_of_day
from logs.questions import Question
from logs.stages import STAGES, Stage


@lru_cache(100)
def address_of_question(day: datetime.date, name: str) -> str:
    return reverse("logs:one_question", args=[day, name])


class SomeQuestionsForm(AnswersForm):
    """Some questions of a day, of one check-in or of several. The answers to all others stay as they are."""

    def __init__(self, log: DailyLog, questions: Sequence[Question], data=None, **options):
        names = {question.name for question in questions}
        parts = {
            part: kept
            for part, kept in parts_of_day(log.user).items()
            if part and not names.isdisjoint(question.name for question in kept)
        }
        super().__init__(log, questions, data, parts=parts, **options)

    @property
    def stages(self) -> list[Stage]:
        """The check-ins that its questions belong to."""
        return [stage for stage in STAGES if stage.part in self.parts]


class OneQuestionForm(SomeQuestionsForm):
    """One question of a day, by its name and, unless it was deleted since, itself."""

    def __init__(self, log: DailyLog, name: str, question: Question | None, data=None):
        super().__init__(log, [question] if question else [], data)
        self.name = name

    @property
    def is_accepted(self):
        return bool(self.questions) and super().is_accepted

    @property
    def status(self):
        return super().status if self.questions else 404

    def get_context(self):
        """It is in sight, even if its check-in folds it away."""
        context = super().get_context()
        return context | {"fields": [*context["fields"], *context["folded"]], "folded": []}


class CatchUpForm(SomeQuestionsForm):
    """The scores that a day misses, and those that the data of a form speaks of: they were missing on its page.

    The page shows no answers, so an answer that is stored was given since. It is never overwritten unasked, not even by
    a program that sends no version.
    """

    def __init__(self, log: DailyLog, data=None):
        questions = missing_scores(log)
        if data:
            spoken_of = names_in(data, "asked-names") | set(data)
            others = [each for each in questions_of_day(log.user) if is_score(each) and each.name in spoken_of]
            questions = [*dict.fromkeys([*questions, *others])]
        super().__init__(log, questions, data, remembered_as="catch-up")
        if self.is_bound and not self.data.get("version"):
            self.version = self.version_of({})
            self.data = self.data.copy()
            self.data["version"] = self.version


def missing_scores(log: DailyLog) -> list[Question]:
    """The questions with a score that the check-ins of a day ask and that have no answer.

    Also on a day of one question, whose check-ins do not count: the page is opened to answer more than that one.
    At most two queries for a person with own questions: these, and their answers.
    """
    return [
        question
        for stage in stages_switched_on(log, log.user, log.user.today())
        for question in stage.questions(log.user)
        if is_score(question) and question.is_asked and not question.is_left_out(log) and question.read(log) is None
    ]


def offers_catch_up(log: DailyLog) -> bool:
    """Whether Today offers to fill in the day before, whose log this is: a score that is asked first is missing.

    None counts on a day of one question. No query, unless the person has own questions and nothing else is missing in
    a check-in that is not done.
    """
    person, day = log.user, log.date
    declined = person.catch_up_declined_for
    if person.are_notices_paused or log.not_tracked or day < person.first_day or (declined and day <= declined):
        return False
    undone = [stage for stage in log.stages_counted if not log.is_done(stage)]
    if any(misses_built_in_score(log, stage) for stage in undone):
        return True
    return bool(undone) and person.has_own_questions and any(each.is_first for each in missing_scores(log))


def misses_built_in_score(log: DailyLog, stage: Stage) -> bool:
    """Whether a built-in score that a check-in asks first is missing. Reads no own questions."""
    choices = Choices.from_json(log.user.question_choices)
    return any(
        is_score(question) and question.is_first and not question.is_left_out(log) and question.read(log) is None
        for question in arranged(QUESTION_LISTS[stage.slug].built_in, choices, stage.slug)
    )
