"""The versioned cache."""

import logging
from dataclasses import dataclass

import pytest
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache

from accounts.models import User
from accounts.tests.factories import make_person
from brainlog import versioned_cache
from brainlog.circuit_breaker import CircuitBreaker
from brainlog.versioned_cache import cached


@dataclass(frozen=True)
class Figure:
    days: int

    @classmethod
    def unpack(cls, facts):
        return cls(**facts)


@pytest.fixture
def count():
    """`count()` computes the figure; `count.times` is how often it was computed."""

    def compute():
        compute.times += 1
        return Figure(compute.times)

    compute.times = 0
    return compute


@pytest.fixture(autouse=True)
def rested(monkeypatch):
    monkeypatch.setattr(versioned_cache, "breaker", CircuitBreaker("The cache"))


def figure_of(person, count, name="days") -> int:
    return cached(person, name, count, Figure.unpack).days


def test_it_is_computed_once(person, count):
    assert [figure_of(person, count) for _ in range(3)] == [1, 1, 1]


def test_it_is_computed_again_after_answers_change(person, count):
    figure_of(person, count)
    person.answers_changed()
    person.refresh_from_db()

    assert [figure_of(person, count) for _ in range(2)] == [2, 2]


def test_it_is_computed_again_in_the_request_that_changed_answers(person, count):
    figure_of(person, count)
    person.answers_changed()

    assert figure_of(person, count) == 2


def test_a_save_while_it_is_computed_is_seen_by_the_next_page(person, count):
    """A save between reading the rows and storing the value: the value is stored under the older version."""
    asking = User.objects.get(pk=person.pk)

    def compute_slowly():
        figure = count()
        User.objects.get(pk=person.pk).answers_changed()
        return figure

    cached(asking, "days", compute_slowly, Figure.unpack)

    assert figure_of(asking, count) == 1
    assert figure_of(User.objects.get(pk=person.pk), count) == 2


def test_each_person_and_each_name_has_its_own(person, count):
    other = make_person()

    assert [figure_of(*whose) for whose in ((person, count), (other, count), (person, count, "nights"))] == [1, 2, 3]


def test_a_version_repeated_after_a_restore_is_another_key(person, count):
    """As after a restored backup: versions decrease, and then increase again."""
    person.answers_changed()
    figure_of(person, count)
    type(person).objects.update(answers_version=0)
    person.answers_changed()
    assert person.answers_version == 1

    assert figure_of(person, count) == 2


def test_it_expires_after_five_minutes(person, count, monkeypatch):
    timeouts = []
    monkeypatch.setattr(LocMemCache, "set", lambda self, key, value, timeout: timeouts.append(timeout))

    figure_of(person, count)

    assert timeouts == [300]


@pytest.mark.parametrize("rubbish", ["rubbish", 7, {"nights": 1}, ["days"], {"days": 1, "more": 2}], ids=str)
def test_an_unknown_format_is_computed_again(person, count, rubbish, caplog):
    figure_of(person, count)
    [key] = [key.split(":", 2)[2] for key in caches["summaries"]._cache]
    caches["summaries"].set(key, rubbish)

    assert [figure_of(person, count) for _ in range(2)] == [2, 2]
    assert [record.name for record in caplog.records] == ["brainlog.versioned_cache"]


def test_a_failing_cache_logs_one_line_and_breaks_no_page(person, count, monkeypatch, caplog):
    def fail(*args, **kwargs):
        raise OSError("no route to redis://secret@cache")

    monkeypatch.setattr(LocMemCache, "get", fail)
    with caplog.at_level(logging.WARNING):
        assert [figure_of(person, count) for _ in range(3)] == [1, 2, 3]

    assert [record.getMessage() for record in caplog.records] == ["The cache failed (OSError): bypassed for 30 s."]


def test_it_is_used_again_later(person, count, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(LocMemCache, "get", lambda *args: 1 / 0)
        figure_of(person, count)
    monkeypatch.setattr(versioned_cache, "breaker", CircuitBreaker("The cache"))

    assert [figure_of(person, count) for _ in range(2)] == [2, 2]
