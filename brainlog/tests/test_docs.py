"""Files, headings, commands, arguments and settings that the documents name exist; logged failures are explained."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from brainlog.database.urls import ARGUMENTS

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]
each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def anchors_of(document: Path) -> set[str]:
    """The anchors of its headings."""
    headings = re.findall(r"^#+ (.+)$", re.sub(r"(?ms)^```.*?^```", "", document.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@each_document
def test_links_lead_somewhere(document):
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", document.read_text()):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists() or (anchor and anchor not in anchors_of(file)):
            broken.append(target)

    assert broken == []


@each_document
def test_commands_exist(document):
    named = set(re.findall(r"manage\.py ([a-z_]+)", document.read_text()))

    assert named - get_commands().keys() == set()


def test_the_makefile_has_what_is_named():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        assert set(re.findall(r"`make ([a-z-]+)", document.read_text())) - targets == set()


def test_every_argument_of_a_url_is_explained():
    text = (ROOT / "docs" / "database.md").read_text()

    assert [name for name in ARGUMENTS if f"`{name}" not in text] == []


def test_every_setting_is_in_the_readme():
    explained = (ROOT / "README.md").read_text()
    names = re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)

    assert len(names) > 15
    assert [name for name in names if f"`{name}`" not in explained] == []


def failures_logged() -> Iterator[str]:
    """The text of each failure that reminders and the process that sends them log, with its placeholders."""
    for path in (*sorted((ROOT / "reminders").glob("*.py")), ROOT / "operations" / "background.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(ast.Attribute(ast.Name("logger"), "warning" | "error" | "exception"), [text, *_]):
                    yield ast.literal_eval(text)


def test_every_failure_of_reminders_that_is_logged_is_explained():
    document = (ROOT / "docs" / "reminders.md").read_text()
    explained = re.findall(r"`([^`\n]+)`", document)
    texts = set(failures_logged())

    # A placeholder stands for an example.
    patterns = {text: "[^`]+".join(map(re.escape, re.split(r"%[sd]", text))) for text in texts}
    assert len(texts) > 7
    assert [text for text, each in patterns.items() if not any(re.fullmatch(each, line) for line in explained)] == []
