import datetime
from itertools import count

from accounts.models import User

PASSWORD = "correct-horse-battery"

LONG_AGO = datetime.datetime(2000, 1, 1, 12, tzinfo=datetime.UTC)

numbers = count(1)


def make_person(**facts) -> User:
    """A person in New York whose day ends at four, and whose account is older than their logs."""
    facts = {"username": f"person-{next(numbers)}", "password": PASSWORD, "date_joined": LONG_AGO} | facts
    return User.objects.create_user(**facts)
