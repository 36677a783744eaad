"""The person's own guesses: comparisons that they ask for before they see the result."""

from brainlog.database.retry import retry_on_conflict
from insights.models import Guess
from logs.question_changes import locked


@retry_on_conflict
def ask_guess(person, facts: dict) -> Guess:
    """Store a comparison of `exposure`, `outcome` and `lag`. Raises ValidationError if it is asked, or without room.

    What is shown of the findings changes with it: all comparisons are corrected for one another.
    """
    guess = Guess.objects.ask(locked(person), facts["exposure"], facts["outcome"], facts["lag"])
    person.answers_changed()
    return guess
