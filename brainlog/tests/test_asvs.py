"""docs/asvs.md lists every requirement, and the files and tests it names exist."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]
TABLE = ROOT / "docs" / "asvs.md"
STATUSES = {"met", "operator", "not met", "not applicable"}
BY_LINT = "`make lint`"

# The numbers of levels 1 and 2 in OWASP ASVS 5.0.0, by section: 70 of the first level and 183 of the second.
NUMBERS = """
    1.1 1 2; 1.2 1 2 3 4 5 6 7 8 9; 1.3 1 2 3 4 5 6 7 8 9 10 11; 1.4 1 2 3; 1.5 1 2
    2.1 1 2 3; 2.2 1 2 3; 2.3 1 2 3 4; 2.4 1
    3.2 1 2; 3.3 1 2 3 4; 3.4 1 2 3 4 5 6; 3.5 1 2 3 4 5; 3.7 1 2
    4.1 1 2 3; 4.2 1; 4.3 1 2; 4.4 1 2 3 4
    5.1 1; 5.2 1 2 3; 5.3 1 2; 5.4 1 2 3
    6.1 1 2 3; 6.2 1 2 3 4 5 6 7 8 9 10 11 12; 6.3 1 2 3 4; 6.4 1 2 3 4; 6.5 1 2 3 4 5; 6.6 1 2 3; 6.8 1 2 3 4
    7.1 1 2 3; 7.2 1 2 3 4; 7.3 1 2; 7.4 1 2 3 4 5; 7.5 1 2; 7.6 1 2
    8.1 1 2; 8.2 1 2 3; 8.3 1; 8.4 1
    9.1 1 2 3; 9.2 1 2 3 4
    10.1 1 2; 10.2 1 2; 10.3 1 2 3 4; 10.4 1 2 3 4 5 6 7 8 9 10 11; 10.5 1 2 3 4 5; 10.6 1 2; 10.7 1 2 3
    11.1 1 2; 11.2 1 2 3; 11.3 1 2 3; 11.4 1 2 3 4; 11.5 1; 11.6 1
    12.1 1 2 3; 12.2 1 2; 12.3 1 2 3 4
    13.1 1; 13.2 1 2 3 4 5; 13.3 1 2; 13.4 1 2 3 4 5
    14.1 1 2; 14.2 1 2 3 4; 14.3 1 2 3
    15.1 1 2 3; 15.2 1 2 3; 15.3 1 2 3 4 5 6 7
    16.1 1; 16.2 1 2 3 4 5; 16.3 1 2 3 4; 16.4 1 2 3; 16.5 1 2 3
    17.1 1; 17.2 1 2 3 4; 17.3 1 2
"""


def required() -> list[str]:
    sections = (section.split() for section in re.split(r"[;\n]", NUMBERS) if section.strip())
    return [f"{name}.{number}" for name, *numbers in sections for number in numbers]


def rows() -> dict[str, list[str]]:
    """The rows of the table by number: requirement, status, place or reason, and tests."""
    found = {}
    for line in TABLE.read_text().splitlines():
        number, *cells = (cell.strip() for cell in line.strip("|").split("|"))
        if re.fullmatch(r"[\d.]+", number):
            assert number not in found and len(cells) == 4, line
            found[number] = cells
    return found


def named_in(cell: str) -> list[str]:
    return [] if cell in {"–", BY_LINT} else cell.split(" ")


@cache
def functions_of(path: str) -> set[str]:
    file = ROOT / path
    if not file.is_file():
        return set()
    return {node.name for node in ast.parse(file.read_text()).body if isinstance(node, ast.FunctionDef)}


def test_every_requirement_of_levels_1_and_2_has_its_row():
    assert len(required()) == len(set(required())) == 70 + 183
    assert list(rows()) == required()


def test_every_status_is_one_and_is_counted_right():
    statuses = [status for _, status, _, _ in rows().values()]
    said = re.search(
        r"All (\d+): (\d+) met,\s(\d+) the operator's, (\d+) not met, (\d+) not applicable", TABLE.read_text()
    )

    assert set(statuses) == STATUSES
    counts = [len(statuses), *(statuses.count(status) for status in ("met", "operator", "not met", "not applicable"))]
    assert [int(number) for number in said.groups()] == counts


def test_every_status_has_its_place_or_its_reason():
    without = [
        number
        for number, (asks, status, where, tests) in rows().items()
        if not asks or not (re.search(r"\]\(\S+\)", where) if status == "met" else re.search(r"\w+ \w+", where))
    ]

    assert without == []


def test_what_is_met_is_held_by_a_test_or_is_a_document():
    without = [
        number
        for number, (_, status, where, tests) in rows().items()
        if status == "met" and tests == "–" and not re.search(r"\]\([^)]*\.md(#[^)]*)?\)", where)
    ]

    assert without == []


def test_every_test_is_there():
    missing = []
    for number, (*_, tests) in rows().items():
        for test in named_in(tests):
            path, _, name = test.strip("`").partition("::")
            if name not in functions_of(path) or not name.startswith("test_"):
                missing.append(f"{number}: {test}")

    assert missing == []


def test_files_outside_of_the_documents_are_there():
    """test_docs.py checks links; this checks names in backquotes."""
    documents = [TABLE, ROOT / "SECURITY.md", *(ROOT / "docs" / f"{name}.md" for name in ("threat-model", "inventory"))]
    named = {path for document in documents for path in re.findall(r"`([\w./-]+/[\w./-]+\.\w+)`", document.read_text())}

    assert len(named) > 5
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/asvs.md", "docs/threat-model.md", "docs/inventory.md"])
def test_nothing_is_left_open(document):
    assert "TODO" not in (ROOT / document).read_text()
