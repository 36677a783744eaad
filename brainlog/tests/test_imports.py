"""The apps know each other in one direction only, and none of them knows what day it is."""

import ast
from pathlib import Path

import pytest

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]

# Each app, and what else of ours it may import. Apps that are not built yet have nothing to check.
ALLOWED = {
    "encryption": set(),
    "accounts": {"encryption"},
    "logs": {"encryption", "accounts"},
    "reflections": {"encryption", "accounts", "logs"},
    "insights": {"accounts", "logs", "reflections"},
    "personal_data": {"encryption", "accounts", "logs", "reflections", "insights"},
    "operations": {"encryption", "accounts", "logs", "reflections", "insights", "personal_data"},
}
# What brainlog has for apps to use; the rest of it is wiring.
FOR_APPS = {
    *("brainlog.admin", "brainlog.body_size", "brainlog.circuit_breaker", "brainlog.forms", "brainlog.origin"),
    *("brainlog.pagination", "brainlog.versioned_cache"),
    *("brainlog.database.person_keys", "brainlog.database.retry", "brainlog.database.router"),
    "brainlog.database.sqlite3",
}
# The wiring knows every app's addresses, the first page, and the keys.
WIRING = {"brainlog": {"urls.py": {"logs"}, "settings.py": {"encryption"}}}
OURS = {*ALLOWED, "brainlog"}

# Whoever asks the server's clock for a day gets the server's day.
CLOCKS = {
    ("date", "today"),
    ("datetime", "now"),
    ("datetime", "today"),
    ("datetime", "utcnow"),
    ("timezone", "localdate"),
}


def code_of(app) -> list[Path]:
    """An app's modules, its tests and migrations excluded."""
    return [path for path in sorted((ROOT / app).rglob("*.py")) if not {"tests", "migrations"} & set(path.parts)]


def imported_by(path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in names if name.split(".")[0] in OURS}


def modules(apps):
    found = [(app, path) for app in apps for path in code_of(app)]
    return pytest.mark.parametrize(("app", "path"), found, ids=[str(path.relative_to(ROOT)) for _app, path in found])


@modules(ALLOWED)
def test_an_app_imports_only_what_comes_before_it(app, path):
    apps = {name.split(".")[0] for name in imported_by(path)} - {"brainlog"}

    assert apps <= ALLOWED[app] | {app}


@modules([app for app in ALLOWED if app != "operations"])
def test_of_the_wiring_an_app_imports_what_is_for_apps(app, path):
    wiring = {name for name in imported_by(path) if name.startswith("brainlog.") and name != "brainlog.database"}

    assert {name for name in wiring if not name.startswith(tuple(FOR_APPS))} == set()


@modules(WIRING)
def test_the_wiring_imports_no_features(app, path):
    apps = {name.split(".")[0] for name in imported_by(path)} - {"brainlog"}

    assert apps <= WIRING[app].get(path.name, set())


@modules([*ALLOWED, "brainlog"])
def test_nobody_asks_the_servers_clock_for_the_day(app, path):
    calls = {
        (node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", ""), node.attr)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
    }

    assert not calls & CLOCKS


def test_there_is_code_to_check():
    assert len(code_of("logs")) > 10
    assert "accounts.models" in imported_by(ROOT / "accounts" / "forms.py")
