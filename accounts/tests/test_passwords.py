"""Validation of passwords: length, characters, and passwords that are easy to guess."""

import gzip
from pathlib import Path

import pytest
from django.conf import global_settings
from django.contrib.auth import hashers, password_validation
from django.core.exceptions import ValidationError
from django.urls import reverse

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from brainlog import settings
from brainlog.tests.html import Page

NEW = "quite-another-battery"


def refusals(password) -> list[str]:
    try:
        password_validation.validate_password(password, User(username="maria"))
    except ValidationError as refusal:
        return [error.code for error in refusal.error_list]
    return []


@pytest.mark.once
@pytest.mark.parametrize("password", ["19840312", "12.03.1984", "1984-03-12", "+44 20 7946 0018", "004915112345678"])
def test_a_date_or_a_phone_number_is_refused(password):
    assert "guessable_number" in refusals(password)


@pytest.mark.once
@pytest.mark.parametrize(
    "password", ["brainlog-1984", "Brain Log 7!", "my.BRAIN_log", "mydiary12", "mental-health-99", "testserver99"]
)
def test_the_name_of_this_site_with_little_else_is_refused(password):
    assert refusals(password) == ["guessable_word"]


@pytest.mark.once
@pytest.mark.parametrize("password", ["maria-louise", "Kingfisher7", "blackbird99"])
def test_what_resembles_the_person_is_refused(password):
    person = User(username="maria-louise", display_name="Kingfisher", email="blackbird@example.org")

    with pytest.raises(ValidationError) as refusal:
        password_validation.validate_password(password, person)

    assert [error.code for error in refusal.value.error_list] == ["password_too_similar"]


@pytest.mark.once
@pytest.mark.parametrize(
    "password",
    [
        "8572649103857264",
        "correcthorse",
        "CORRECTHORSE",
        "ñandúñandú",
        "%&$!?#*+-",
        "тайныйпароль",
        "the brainlog of a correct horse",
    ],
)
def test_any_characters_are_accepted(password):
    assert refusals(password) == []


@pytest.mark.once
def test_at_least_3000_that_would_be_long_enough_are_known_to_be_common():
    """The list of common passwords that comes with Django."""
    path = Path(password_validation.__file__).with_name("common-passwords.txt.gz")
    common = gzip.decompress(path.read_bytes()).decode().split()
    long_enough = [password for password in common if len(password) >= 8 and not password.isdecimal()]

    assert len(long_enough) >= 3000
    assert all("password_too_common" in refusals(password) for password in long_enough[:: len(long_enough) // 20])


@pytest.mark.once
def test_they_are_stored_by_pbkdf2_with_as_many_rounds_as_owasp_asks_for():
    assert not hasattr(settings, "PASSWORD_HASHERS"), "Django's own list counts."
    assert global_settings.PASSWORD_HASHERS[0].endswith(".PBKDF2PasswordHasher")
    assert hashers.PBKDF2PasswordHasher.algorithm == "pbkdf2_sha256"
    assert hashers.PBKDF2PasswordHasher.iterations >= 600_000


def test_two_hundred_characters_count_to_the_last(client, db):
    long = "correct horse " * 14 + "x" * 4
    client.force_login(make_person())
    client.post(reverse("accounts:security"), {"old_password": PASSWORD, "new_password1": long, "new_password2": long})
    person = User.objects.get()

    assert person.check_password(long)
    assert not person.check_password(long[:-1]) and not person.check_password(long.upper())


@pytest.mark.parametrize("name", ["login", "signup", "security", "delete"])
def test_what_is_typed_is_hidden_and_password_managers_may_fill_it_in(client, db, name):
    if name in {"security", "delete"}:
        client.force_login(make_person())

    page = Page(client.get(reverse(f"accounts:{name}")).content.decode())
    asked = [attributes for tag, attributes in page.elements if tag == "input" and "password" in attributes["name"]]

    assert asked
    assert {each.get("type") for each in asked} == {"password"}
    assert {each.get("autocomplete") for each in asked} <= {"current-password", "new-password"}
    assert not [name for each in asked for name in each if name.startswith("on") or name == "maxlength"]
