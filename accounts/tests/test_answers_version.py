"""User.answers_version: a number that increases with every save of answers."""

import pytest
from django.db import DatabaseError, transaction

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person

NEW = "another-good-battery"


def version_of(person) -> int:
    return User.objects.values_list("answers_version", flat=True).get(pk=person.pk)


def test_each_save_increases_the_version(person, django_assert_num_queries):
    with django_assert_num_queries(1):
        person.answers_changed()
    person.answers_changed()

    assert version_of(person) == 2
    assert version_of(make_person()) == 0


def test_the_new_version_is_read_after_an_increase(person):
    User.objects.filter(pk=person.pk).update(answers_version=41)

    person.answers_changed()

    assert person.answers_version == 42
    assert person.answers_saved_at is not None


def test_saving_the_person_does_not_restore_an_older_version(person):
    """Two requests read the person; one saves answers, then the other saves the profile."""
    other = User.objects.get(pk=person.pk)
    other.answers_changed()
    person.display_name = "Ada"

    person.save()

    person.refresh_from_db()
    assert (person.display_name, person.answers_version) == ("Ada", 1)
    assert person.answers_saved_at is not None


@pytest.mark.parametrize(
    ("address", "data"),
    [
        ("/accounts/profile/", {"username": "ada", "timezone": "UTC", "theme": "dark", "day_ends_at": "4"}),
        (
            "/accounts/security/",
            {"old_password": PASSWORD, "new_password1": "x1y2z3-abc", "new_password2": "x1y2z3-abc"},
        ),
    ],
)
def test_account_pages_do_not_restore_an_older_version(as_person, person, address, data):
    person.answers_changed()

    assert (
        as_person.post(
            address, data | {"week_starts_on": "monday", "hour_format": "24", "date_format": "iso"}
        ).status_code
        == 302
    )

    assert version_of(person) == 1


def test_another_end_of_the_day_increases_the_version_of_answers(as_person, person):
    """Times between midnight and that hour become those of another day, so what was computed of them is old."""
    data = {"timezone": "UTC", "theme": "dark", "week_starts_on": "monday", "hour_format": "24", "date_format": "iso"}
    data |= {"screen_lock_minutes": "5"}
    for hour, expected in ((3, 0), (4, 0)):  # Without an answer, nothing is old.
        as_person.post("/accounts/profile/", data | {"day_ends_at": hour})
        assert version_of(person) == expected
    person.answers_changed()

    for hour, expected in ((4, 1), (0, 2), (0, 2), (4, 3)):
        assert as_person.post("/accounts/profile/", data | {"day_ends_at": hour}).status_code == 302
        assert version_of(person) == expected


def test_saving_a_deleted_person_does_not_recreate_them(person):
    stale = User.objects.get(pk=person.pk)
    person.delete()

    with pytest.raises(DatabaseError), transaction.atomic():
        stale.save()

    assert not User.objects.exists()


def test_deferred_fields_are_not_saved(person):
    part = User.objects.only("username", "theme").get(pk=person.pk)
    part.theme = "dark"

    part.save()

    person.refresh_from_db()
    assert (person.theme, person.check_password(PASSWORD)) == ("dark", True)
