from logs.answer_form import AnswersForm
from reflections.models import WEEK, WeeklyReflection, weekly_questions


class ReflectionForm(AnswersForm):
    def __init__(self, reflection: WeeklyReflection, data=None):
        questions = weekly_questions(reflection.user)
        super().__init__(reflection, questions, data, part=WEEK, remembered_as="week")
