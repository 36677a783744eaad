import pytest

from brainlog.tests.browser.steps import come_in


@pytest.fixture
def own_page(page, live_server, person):
    """A page on the phone of `person`, who is logged in."""
    return come_in(page, live_server, person)
