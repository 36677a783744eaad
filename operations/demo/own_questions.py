"""The demo person's own questions. Their answers are made in operations/demo/effects.py."""

from accounts.models import User
from logs.gallery import ENTRY_BY_KEY
from logs.models import OwnQuestion
from logs.question_changes import facts_of, fill
from logs.question_choices import Place

# As long as they have been asked, in days ago.
OWN_QUESTIONS_SINCE = 200

# Three are of the gallery, by the keys of their entries; one is in the person's own words.
STARTING, CAFFEINE, CONTACT, OUTSIDE = "starting", "caffeine", "social_contact", "outside"


def make_own_questions(person: User) -> dict[str, OwnQuestion]:
    """Make the questions, not yet saved."""
    in_own_words = {
        "kind": "yes_no",
        "label": "Were you outside before noon?",
        "check_in": "midday",
        "direction": "better",
        "place": Place.FOLDED,
    }
    facts = {key: facts_of(ENTRY_BY_KEY[key]) for key in (STARTING, CAFFEINE, CONTACT)} | {OUTSIDE: in_own_words}
    facts[STARTING] |= {"place": Place.FIRST}
    questions = {}
    for key, each in facts.items():
        gallery = key if key in ENTRY_BY_KEY else None
        questions[key] = OwnQuestion(user=person, kind=each["kind"], gallery=gallery)
        fill(questions[key], each)
    return questions
