"""Which cases of a test marked matrix are long: all but those that have each value of each parameter once."""

from itertools import product
from types import SimpleNamespace

import pytest

import conftest

pytestmark = pytest.mark.once


class Case:
    """What is read and marked of a test that pytest has collected."""

    parent = SimpleNamespace(nodeid="test_x.py")
    originalname = "test_x"

    def __init__(self, *lists: str, is_matrix=True, **params):
        self.decorators = [SimpleNamespace(args=[names]) for names in lists]
        self.callspec = SimpleNamespace(params=params)
        self.is_matrix, self.is_long = is_matrix, False

    def get_closest_marker(self, name):
        return self.is_matrix

    def iter_markers(self, name):
        return self.decorators

    def add_marker(self, name):
        self.is_long = name == "thorough"


def short(cases) -> list[tuple]:
    conftest.mark_long_matrices(cases)
    return [tuple(case.callspec.params.values()) for case in cases if not case.is_long]


def test_each_value_is_in_a_short_case():
    cases = [Case("a", "b", "c", a=a, b=b, c=c) for a, b, c in product("12345", "xyz", [True, False])]

    assert short(cases) == [
        ("1", "x", True),
        ("2", "y", False),
        ("3", "z", True),
        ("4", "x", False),
        ("5", "y", True),
    ]


def test_values_of_one_decorator_stay_together():
    pairs = [("one", 1), ("one", 2), ("two", 2)]
    cases = [Case("a, b", ("c",), a=a, b=b, c=c) for (a, b), c in product(pairs, "xy")]

    assert short(cases) == [("one", 1, "x"), ("one", 2, "y"), ("two", 2, "x")]


def test_a_fixture_with_parameters_is_a_list_of_its_own():
    cases = [Case("a", a=a, fixture=fixture) for a, fixture in product("12", "xy")]

    assert short(cases) == [("1", "x"), ("2", "y")]


def test_of_one_list_and_of_other_tests_all_are_short():
    assert len(short([Case("a", a=a) for a in "123"])) == 3
    assert len(short([Case("a", "b", is_matrix=False, a=a, b=b) for a, b in product("12", "xy")])) == 4
