"""Plain technical English: words that give a sentence a vague subject are used in no code, test, template or doc."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (
    *("brainlog", "encryption", "accounts", "logs", "reflections", "support", "insights", "reminders", "home"),
    *("personal_data", "operations"),
    *("templates", "static/css", "static/js", "docs", "testing", "benchmarks", ".ci"),
)
WORDS = re.compile(r"\b(somebody|nobody|anybody|whoever|told)\b", re.IGNORECASE)


def test_no_vague_subjects():
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file() and path.name != ".env"]
    checked = [path for path in files if path != Path(__file__) and not {"migrations", "__pycache__"} & set(path.parts)]

    hits = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in checked
        for number, line in enumerate(path.read_text(errors="ignore").splitlines(), 1)
        if WORDS.search(line)
    ]

    assert len(checked) > 500
    assert hits == []
