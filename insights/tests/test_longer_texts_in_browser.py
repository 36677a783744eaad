"""Pages that look back, with texts 40 % longer and at 150 % on a small phone: all can be read and reached."""

import re

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.tests.factories import make_person
from brainlog.tests.browser.layouts import IN_FORCED_COLORS, SMALL_PHONE, Layout, problems_of_layout
from brainlog.tests.browser.steps import come_in
from insights.tests.test_charts_in_browser import OVERLAPS
from operations.demo.load import load_demo_data

pytestmark = pytest.mark.once

LARGE_TEXT = Layout("with large text on a small phone", SMALL_PHONE, "150%")
APART = re.compile(r"(%\(\w+\)[a-z]|%[sd%]|<[^>]*>|&\w+;|\{[^}]*\})")  # placeholders and markup
PAGES = ["trends", "reports", "words"]


def longer(text: str) -> str:
    """The text with each vowel twice, but for what is not read."""
    parts = APART.split(str(text))
    return "".join(part if place % 2 else re.sub("([aeiou])", r"\1\1", part) for place, part in enumerate(parts))


@pytest.fixture
def longer_texts(monkeypatch):
    """Of all that is to be translated, the names of months and days among them."""
    for name in ("gettext", "ngettext", "pgettext", "npgettext"):
        original = getattr(translation._trans, name)
        monkeypatch.setattr(translation._trans, name, lambda *given, of=original: longer(of(*given)))


def test_all_can_be_read_and_reached_with_longer_texts(new_page, live_server, longer_texts):
    person = make_person()
    load_demo_data(person)
    page = come_in(new_page(), live_server, person)
    problems = {}

    for name in PAGES:
        page.goto(f"{reverse(f'insights:{name}')}?days=365")
        problems[name] = problems_of_layout(page, LARGE_TEXT) + problems_of_layout(page, IN_FORCED_COLORS)
        page.set_viewport_size(SMALL_PHONE)
        for size in ("100%", "150%"):
            page.evaluate("size => { document.documentElement.style.fontSize = size }", size)
            problems[name] += [f"{size}: {problem}" for problem in page.evaluate(OVERLAPS)]

    assert problems == {name: [] for name in PAGES}
