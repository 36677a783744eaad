from collections.abc import Iterator

import pytest
import time_machine
from django.test import override_settings

from brainlog.tests.attack.world import NOON, World
from testing.rollback import rolled_back


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """The people and pages of all attacks. Each attack rolls its changes back."""
    with_mail = override_settings(HAS_EMAIL=True)
    with django_db_blocker.unblock(), time_machine.travel(NOON, tick=False), with_mail, rolled_back():
        yield World.make()
