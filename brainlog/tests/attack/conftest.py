from collections.abc import Iterator
from functools import cache
from typing import get_type_hints

import fido2.utils
import pytest
import time_machine
from django.test import override_settings

from brainlog.reminder_servers import parse_servers
from brainlog.tests.attack.world import NOON, World
from reminders.tests.push_service import CONTACT, KEY
from testing.rollback import rolled_back

REMINDERS = {
    "REMINDER_PUSH_KEY": KEY,
    "REMINDER_PUSH_CONTACT": CONTACT,
    # Nothing listens there.
    "REMINDER_SERVERS": parse_servers(["ntfy+http://127.0.0.1:9", "gotify+http://127.0.0.1:9"]),
}


@pytest.fixture(scope="package", autouse=True)
def types_read_once() -> Iterator[None]:
    """Evaluate annotations once: evaluating them for each passkey of each page took a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fido2.utils, "get_type_hints", cache(get_type_hints))
        yield


@pytest.fixture(scope="package")
def world(django_db_setup, django_db_blocker) -> Iterator[World]:
    """The people and pages of all attacks. Each attack rolls its changes back."""
    everything = override_settings(HAS_EMAIL=True, **REMINDERS)
    with django_db_blocker.unblock(), time_machine.travel(NOON, tick=False), everything, rolled_back():
        yield World.make()
