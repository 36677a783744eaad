"""Questions of the gallery, for tests."""

from accounts.models import User
from logs.gallery import ENTRY_BY_KEY
from logs.models import OwnQuestion
from logs.question_changes import facts_of, fill


def add_from_gallery(person: User, key: str) -> OwnQuestion:
    """A ready-made question, as the person's own."""
    question = OwnQuestion(user=person, kind=ENTRY_BY_KEY[key].kind, gallery=key)
    fill(question, facts_of(ENTRY_BY_KEY[key]))
    question.save()
    User.objects.filter(pk=person.pk).update(has_own_questions=True)
    person.has_own_questions, person.arranged_questions = True, None
    return question
