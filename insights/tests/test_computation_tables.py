"""What the database refuses of computations and guesses."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from insights.models import Computation, Guess
from insights.tests.factories import make_computation, make_guess


@pytest.mark.parametrize(
    "columns",
    [
        {"kind": "other"},
        {"state": "lost"},
        {"progress": 101},
        {"state": "running"},
        {"lease_until": "2026-05-04T12:00Z"},
        {"result_json": None},
        {"result_version": None},
        {"answers_version": 0, "result_version": 1},
    ],
    ids=str,
)
def test_the_database_refuses_what_cannot_be(person, columns):
    made = make_computation(person)
    with pytest.raises(IntegrityError), transaction.atomic():
        Computation.objects.filter(pk=made.pk).update(**columns)


def test_a_person_asks_ten_guesses_at_most_and_each_once(person):
    for number in range(Guess.MOST):
        assert Guess.objects.ask(person, f"own-{number}", "day_rating", 0).number == number + 1
    for exposure in ("own-3", "own-99"):
        with pytest.raises(ValidationError):
            Guess.objects.ask(person, exposure, "day_rating", 0)
    for facts in ({"number": 11}, {"number": 0}, {"number": 10}, {"number": 1, "outcome": "sleep_quality"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_guess(person, **facts)
    assert person.guesses.count() == 10
