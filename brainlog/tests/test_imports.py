"""Imports and reverse accessors of apps point in one direction, and no code takes a date from the server clock."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps

pytestmark = pytest.mark.once

ROOT = Path(__file__).resolve().parents[2]

# An app may use those before it. There may be no folder yet for an app.
ORDER = (
    *("encryption", "accounts", "logs", "reflections", "support"),
    *("insights", "reminders", "home", "personal_data", "api"),
    "operations",
)
# The modules of brainlog that apps may import; operations may import all of them.
FOR_APPS = (
    *("brainlog.addresses", "brainlog.admin", "brainlog.body_size", "brainlog.circuit_breaker"),
    *("brainlog.error_messages", "brainlog.forms"),
    *("brainlog.formats", "brainlog.formats.locales", "brainlog.integrity"),
    *("brainlog.origin", "brainlog.pagination", "brainlog.purpose", "brainlog.reminder_servers"),
    *("brainlog.spreadsheets",),
    "brainlog.versioned_cache",
    *("brainlog.database.person_keys", "brainlog.database.retry", "brainlog.database.router"),
    *("brainlog.database.compiled", "brainlog.database.postgresql.base", "brainlog.database.sqlite3"),
)
# The only import of an app in brainlog.
FOR_BRAINLOG = {"brainlog/settings.py": "encryption.keys"}

# They return the date in the server's time zone; `person.today()` is the date in the person's.
SERVER_CLOCK = {
    *(("date", "today"), ("datetime", "now"), ("datetime", "today"), ("datetime", "utcnow"), ("timezone", "localdate")),
}


def test_apps_use_only_what_comes_before_them():
    files = [
        *((app, path) for app in ("brainlog", *ORDER) for path in (ROOT / app).rglob("*.py")),
        *((app, path) for app in ORDER for path in (ROOT / "templates" / app).rglob("*.html")),
    ]
    product = [(app, path) for app, path in files if not {"tests", "migrations"} & set(path.parts)]

    faults = [
        f"{path.relative_to(ROOT)} {fault}"
        for app, path in product
        for fault in faults_in(app, str(path.relative_to(ROOT)), path.read_text())
    ]

    assert len(product) > 150
    assert faults == []


@pytest.mark.parametrize(
    ("app", "text", "fault"),
    [
        ("logs", "from reflections.models import WeeklyReflection", "imports reflections"),
        ("accounts", "import logs.models", "imports logs"),
        ("home", "def view():\n    from operations import metrics", "imports operations"),
        ("brainlog", "from logs import views", "imports logs"),
        ("logs", "from brainlog.middleware import ErrorPagesMiddleware", "imports brainlog.middleware"),
        ("logs", "from .models import DailyLog", "has a relative import"),
        ("logs", "person.weekly_reflections.all()", "uses the reverse accessor weekly_reflections of reflections"),
        ("accounts", "User.objects.filter(daily_logs__date=day)", "uses the reverse accessor daily_logs of logs"),
        ("home", "day = datetime.date.today()", "uses the server's clock: date.today"),
        ("home", "from reflections import views\nviews.person.weekly_reflections", None),
        ("operations", "from brainlog.middleware import ErrorPagesMiddleware\nfrom home import views", None),
    ],
)
def test_faults_are_found(app, text, fault):
    assert [found for found in faults_in(app, "module.py", text) if fault is None or found == fault] == (
        [fault] if fault else []
    )


def test_a_reverse_accessor_in_a_template_is_found():
    text = "{{ person.weekly_reflections.count }}"

    assert list(faults_in("logs", "page.html", text)) == ["uses the reverse accessor weekly_reflections of reflections"]
    assert list(faults_in("home", "page.html", text)) == []


def faults_in(app: str, path: str, text: str) -> Iterator[str]:
    later = set(ORDER[ORDER.index(app) + 1 :]) if app in ORDER else set(ORDER)
    if path.endswith(".html"):
        names = set(re.findall(r"\.(\w+)", text))
    else:
        tree = ast.parse(text)
        yield from faults_of_imports(app, path, tree, later)
        attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
        for value, name in {
            (getattr(node.value, "attr", getattr(node.value, "id", "")), node.attr) for node in attributes
        }:
            if (value, name) in SERVER_CLOCK:
                yield f"uses the server's clock: {value}.{name}"
        keywords = (node.arg or "" for node in ast.walk(tree) if isinstance(node, ast.keyword))
        names = {node.attr for node in attributes} | {name.partition("__")[0] for name in keywords}
    for owner, accessor in reverse_accessors():
        if owner in later and accessor in names:
            yield f"uses the reverse accessor {accessor} of {owner}"


def faults_of_imports(app: str, path: str, tree: ast.Module, later: set[str]) -> Iterator[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level:
            yield "has a relative import"
        elif isinstance(node, ast.ImportFrom):
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    if app == "brainlog":
        names = {name for name in names if not name.startswith(FOR_BRAINLOG.get(path, "none"))}
    yield from (f"imports {package}" for package in sorted({name.split(".")[0] for name in names} & later))
    if app not in {"brainlog", "operations"}:
        wiring = {name for name in names if name.startswith("brainlog.") and name != "brainlog.database"}
        modules = {".".join(name.split(".")[:2]) for name in wiring if not name.startswith(FOR_APPS)}
        yield from (f"imports {module}" for module in sorted(modules))


def reverse_accessors() -> set[tuple[str, str]]:
    """Return the app of each model of ours with a relation to another app, and the accessor of that relation."""
    return {
        (model._meta.app_label, field.remote_field.get_accessor_name())
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if model._meta.app_label in ORDER and field.is_relation and field.concrete
        if field.related_model._meta.app_label not in {model._meta.app_label, None}
        if field.remote_field.get_accessor_name()
    }
