import datetime
from zoneinfo import ZoneInfo

import pytest
import time_machine

NEW_YORK = ZoneInfo("America/New_York")


@pytest.fixture
def noon():
    """Stops the clock at noon on 5 May 2026 in New York: DAY was yesterday."""
    with time_machine.travel(datetime.datetime(2026, 5, 5, 12, tzinfo=NEW_YORK), tick=False) as clock:
        yield clock
