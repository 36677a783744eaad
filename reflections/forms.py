from logs.answers import AnswersForm
from reflections.models import WeeklyAnswers, WeeklyReflection


class ReflectionForm(AnswersForm):
    class Meta:
        model = WeeklyReflection
        fields = tuple(field.name for field in WeeklyAnswers.fields())
