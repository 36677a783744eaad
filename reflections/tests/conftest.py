import pytest
import time_machine

from reflections.tests.pages import NOW


@pytest.fixture(autouse=True)
def clock():
    """Stops the clock at noon on Wednesday, 6 May 2026, in New York."""
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock
