from logs.answer_form import AnswersForm
from logs.question_lists import questions_to_ask
from reflections.models import WEEK, WeeklyReflection, weekly_questions


class ReflectionForm(AnswersForm):
    def __init__(self, reflection: WeeklyReflection, data=None, *, speaks_of=None):
        questions = questions_to_ask("week", reflection.user, data or speaks_of)
        kept = weekly_questions(reflection.user)
        super().__init__(reflection, questions, data, parts={WEEK: kept}, remembered_as="week")
