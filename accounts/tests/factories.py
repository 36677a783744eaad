from itertools import count

from accounts.models import User

PASSWORD = "correct-horse-battery"

numbers = count(1)


def make_person(**facts) -> User:
    """A person in New York whose day ends at four."""
    facts = {"username": f"person-{next(numbers)}", "password": PASSWORD} | facts
    return User.objects.create_user(**facts)
