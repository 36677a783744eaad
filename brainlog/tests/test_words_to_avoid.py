"""Brain Log logs, records and shows. No text for people claims more: no page of a template, no text to translate.

The README and what only staff reads, the admin, are left out: they may name what treats and what was detected. Scripts
have no texts of their own: templates hand them what they show.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.template.base import Lexer, TokenType

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
# The texts of these are for people who log; those of the operator's commands and reports are not.
APPS = ("accounts", "brainlog", "home", "insights", "logs", "personal_data", "reflections", "reminders", "support")
TRANSLATES = {"_", "gettext", "gettext_lazy", "lazy", "ngettext", "ngettext_lazy", "pgettext", "pgettext_lazy"}

AVOIDED = re.compile(
    r"""\b(?:
        monitor\w* | detect\w* | analy[sz]\w* | analysis | diagnos\w* | treat\w* | optimi[sz]\w* | optimal\w*
        | significan\w* | proven | proves? | (?<!side\ )effects?\ of | caused\ by | causes? | improv\w*
        | normal\w* | abnormal\w* | risks?y? | scores? | likely | (?:1|one)\ in\ (?:\d+|an?|two|three|four|five|ten)
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)

# Texts, or parts of them, in which such a word is meant otherwise.
EXCEPTIONS = {
    "A private log you can show to the people who treat you.": "the purpose: it is they who treat",
    "The last day whose missing scores": "of a column that no page shows",
    "Probably not a cause: it comes afterwards just as much.": "a remark that denies one",
    "It shows no causes and is no diagnosis. Talk about it with the people who treat you.": "it denies both",
}


def texts_of_python(source: str) -> Iterator[str]:
    """The texts that a module has translated."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and name_of(node.func) in TRANSLATES:
            yield from (
                each.value for each in node.args if isinstance(each, ast.Constant) and isinstance(each.value, str)
            )


def name_of(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def texts_of_template(source: str) -> Iterator[str]:
    """The texts that a template has translated, and what stands beside tags. No names of tags, variables or classes."""
    for token in Lexer(source).tokenize():
        if token.token_type == TokenType.TEXT:
            yield " ".join(re.sub(r"<[^>]*>?", " ", token.contents).split())
        elif token.token_type == TokenType.BLOCK and token.split_contents()[0] in {"translate", "blocktranslate"}:
            yield from (double or single for double, single in re.findall(r""""([^"]*)"|'([^']*)'""", token.contents))


def texts() -> Iterator[tuple[str, str]]:
    """Every text for people, with the file that it is in."""
    for app in APPS:
        for path in (ROOT / app).rglob("*.py"):
            if (
                not {"tests", "migrations", "management"} & set(path.relative_to(ROOT).parts)
                and path.name != "admin.py"
            ):
                yield from ((str(path.relative_to(ROOT)), text) for text in texts_of_python(path.read_text()))
    for path in (ROOT / "templates").rglob("*"):
        if path.suffix in {".html", ".txt"} and "admin" not in path.relative_to(ROOT).parts:
            yield from ((str(path.relative_to(ROOT)), text) for text in texts_of_template(path.read_text()))


def avoided_in(text: str) -> list[str]:
    for exception in EXCEPTIONS:
        text = text.replace(exception, "")
    return AVOIDED.findall(re.sub(r"%\(\w+\)|\{\w*\}", "", text))


def test_no_text_claims_more_than_a_log_can():
    found = list(texts())

    assert len(found) > 1500
    assert [f"{path}: {', '.join(words)}: {text}" for path, text in found if (words := avoided_in(text))] == []


def test_every_exception_is_used():
    everything = "\n".join(text for _path, text in texts())

    assert [exception for exception in EXCEPTIONS if exception not in everything] == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ('_("We monitor you")', ["monitor"]),
        ('ngettext("1 day", "Days that improve your sleep", 2)', ["improve"]),
        ('text = "monitor"; logger.info("detected")', []),
        ('gettext("The effect of it is likely")', ["effect of", "likely"]),
    ],
)
def test_words_are_found_in_python(source, words):
    assert [word for text in texts_of_python(source) for word in avoided_in(text)] == words


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("{% translate 'A diagnosis' %}", ["diagnosis"]),
        ("""{% translate "It's the doctor's diagnosis" %}""", ["diagnosis"]),
        ("{% blocktranslate with a=b %}Normal: {{ a }}{% endblocktranslate %}", ["Normal"]),
        ('<p class="score">{{ score }}</p>{% if risk %}{# treat #}{% endif %}', []),
    ],
)
def test_words_are_found_in_templates(source, words):
    assert [word for text in texts_of_template(source) for word in avoided_in(text)] == words
