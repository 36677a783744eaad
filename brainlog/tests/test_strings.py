"""All texts of templates are translatable."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2] / "templates"
TEMPLATES = sorted(str(path.relative_to(ROOT)) for path in ROOT.rglob("*.html"))

NAMES = {"Brain Log", "findahelpline.com"}
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title"}


class VisibleTexts(HTMLParser):
    """Collects texts that are visible or read by a screen reader."""

    def __init__(self):
        super().__init__()
        self.texts: list[str] = []

    def handle_starttag(self, tag, attrs):
        self.texts += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_data(self, data):
        self.texts.append(data)


def untranslated(source: str) -> list[str]:
    """The words of a template outside of {% translate %} and {% blocktranslate %}."""
    html, inside_block = "", False
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.BLOCK:
            if token.contents.split()[0] in {"blocktranslate", "endblocktranslate"}:
                inside_block = not inside_block
        elif token.token_type == TokenType.TEXT and not inside_block:
            html += token.contents
    parser = VisibleTexts()
    parser.feed(html)
    parser.close()
    texts = (" ".join(text.split()) for text in parser.texts)
    for name in NAMES:
        texts = [text.replace(name, "") for text in texts]
    return [text for text in texts if re.search(r"[^\W\d_]", text)]


def test_every_word_can_be_translated():
    found = {template: untranslated((ROOT / template).read_text()) for template in TEMPLATES}

    assert {template: words for template, words in found.items() if words} == {}


def test_there_are_templates():
    assert len(TEMPLATES) > 30


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p aria-label="Hello">{{ name }}</p>', ["Hello"]),
        ("{% if a %}Hello{% endif %}", ["Hello"]),
        ("{% blocktranslate %}Hello{% endblocktranslate %} you", ["you"]),
        ("{% translate 'Hello' %} · 10 – Brain Log", []),
        ('<p class="hello" id="hello">{{ hello }}</p>', []),
        ("{# Hello #}", []),
    ],
)
def test_words_are_found(source, words):
    assert untranslated(source) == words
