from logs.answer_form import AnswersForm
from reflections.models import WeeklyReflection, weekly_questions


class ReflectionForm(AnswersForm):
    def __init__(self, reflection: WeeklyReflection, data=None):
        questions = weekly_questions(reflection.user)
        super().__init__(reflection, questions, data, completed_at_name="completed_at", remembered_as="week")
