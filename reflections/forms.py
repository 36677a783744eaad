from logs.answer_form import AnswersForm
from logs.questions import questions_to_ask
from reflections.models import WeeklyReflection


class ReflectionForm(AnswersForm):
    def __init__(self, reflection: WeeklyReflection, data=None, *, speaks_of=None):
        questions = questions_to_ask("week", reflection.user, data or speaks_of)
        super().__init__(reflection, questions, data, completed_at_name="completed_at", remembered_as="week")
