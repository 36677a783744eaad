from collections.abc import Iterator

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher

from accounts.models import User
from accounts.tests.codes import have_switched_on
from accounts.tests.factories import make_person


@pytest.fixture
def noon() -> Iterator[time_machine.Traveller]:
    """Stops the clock at noon. Tests move it with shift()."""
    with time_machine.travel("2026-05-04 12:00:01Z", tick=False) as clock:
        yield clock


@pytest.fixture
def maria(db) -> User:
    return make_person(username="maria", email="maria@example.org")


@pytest.fixture
def as_maria(client, maria):
    client.force_login(maria)
    return client


@pytest.fixture
def protected(as_person, person, noon) -> tuple[str, list[str]]:
    """`person` has codes from an app. Returns the secret of the app and the recovery codes."""
    return have_switched_on(as_person, person)


@pytest.fixture
def mail_server(settings):
    settings.HAS_EMAIL = True


@pytest.fixture
def hashings(monkeypatch) -> list[str]:
    """Collects the passwords that are hashed, which takes long on purpose."""
    passwords = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        passwords.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return passwords
