"""A page loads one stylesheet and one script of ours, made of all the parts in static/css and static/js."""

import gzip
import re
from pathlib import Path

import pytest
from django.contrib.auth.models import Group
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from playwright.sync_api import expect

from brainlog import bundles
from brainlog.bundles import ADMIN_STYLES, BUNDLES, SCRIPTS, SHARED_SCRIPTS, STYLES
from brainlog.tests.addresses import ADDRESSES, DAY, SUNDAY
from brainlog.tests.browser.steps import field
from brainlog.tests.html import Page
from logs.tests.factories import make_full_log, make_medication
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.once

TEMPLATES = bundles.SOURCES.parent / "templates"
# Classes written by Python code: Django, levels of messages, the tag `icon`, widgets, states of days and stages.
CLASSES_OF_CODE = {
    *("errorlist", "success", "aside", "icon"),
    *("clear", "measure", "unit"),
    *("begun", "not-begun", "not-started", "today", "outside"),
}
# Charts are made by Python code as a whole: their classes are in its texts.
CHARTS = bundles.SOURCES.parent / "insights" / "charts"
FROM_LIBRARIES = ("admin/", "account/", "mfa/")
OURS = (["/static/brainlog.css"], ["/static/brainlog.js"])
# Those who read a shared report have no account and nothing to type but a passphrase: their pages run no script.
FOR_READERS = "/insights/shared/"


def parts_in(folder: str) -> set[str]:
    return {path.stem for path in (bundles.SOURCES / folder).iterdir()}


def test_every_part_is_listed_and_every_listed_part_is_there():
    assert sorted(parts_in("css")) == sorted({*STYLES, *ADMIN_STYLES})
    assert sorted(parts_in("js")) == sorted([*SHARED_SCRIPTS, *SCRIPTS])
    assert len(STYLES) == len(set(STYLES))


def test_a_listed_part_that_is_missing_is_an_error(monkeypatch):
    monkeypatch.setattr(bundles, "STYLES", (*STYLES, "missing"))

    with pytest.raises(FileNotFoundError, match="missing.css"):
        finders.find("brainlog.css")


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("brainlog.css", [f"css/{part}.css" for part in STYLES]),
        ("admin.css", [f"css/{part}.css" for part in ADMIN_STYLES]),
        ("brainlog.js", [f"js/{part}.js" for part in SHARED_SCRIPTS + SCRIPTS]),
    ],
)
def test_a_bundle_is_made_of_its_parts_as_they_are_now(name, parts, monkeypatch):
    before = Path(finders.find(name)).read_text()
    assert all(bundles.LINE_OF_COMMENT.sub("", bundles.read(part)) in before for part in parts)
    assert "\n//" not in before

    monkeypatch.setattr(bundles, "read", lambda path: f"/* {path} */\n")

    assert re.findall(r"/\* (.*) \*/", Path(finders.find(name)).read_text()) == parts


def test_parts_are_not_served(settings, tmp_path):
    settings.STATIC_ROOT = tmp_path
    call_command("collectstatic", interactive=False, verbosity=0)

    collected = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    icons = {f"images/{name}.png" for name in ("icon-192", "icon-512", "maskable-512", "apple-touch-icon")}
    others = {"images/favicon.svg", "vendor/README.md", "vendor/lucide/icons.svg"} | icons
    assert {path for path in collected if not path.startswith(FROM_LIBRARIES)} == BUNDLES.keys() | others
    assert (tmp_path / "vendor/lucide/LICENSE").exists()
    assert finders.find("css/base.css") is None


def test_parts_of_the_script_are_no_modules_of_their_own():
    """The bundle is the module. In a part, `import` or `export` is a syntax error, which stops all of it."""
    declares = re.compile(r"(?m)^\s*(import|export)\b")

    assert [part for part in parts_in("js") if declares.search(bundles.read(f"js/{part}.js"))] == []


@pytest.mark.parametrize(("name", "most"), [("brainlog.css", 13_800), ("brainlog.js", 16_200), ("admin.css", 1_500)])
def test_a_bundle_is_small(name, most):
    """Bytes with gzip; brotli, which browsers take, saves another seventh."""
    assert len(gzip.compress(BUNDLES[name]().encode())) < most


def test_every_class_that_is_styled_is_on_a_page():
    # Not of the admin's lists: their classes are in Django's templates and in list_display.
    parts = [part for part in STYLES + ADMIN_STYLES if part != "admin-lists"]
    styles = re.sub(r"/\*.*?\*/", "", "".join(bundles.read(f"css/{part}.css") for part in parts))
    styled = set(re.findall(r"\.([a-z][a-z-]*)", styles))
    templates = "\n".join(path.read_text() for path in TEMPLATES.rglob("*.html"))
    used = set(re.findall(r"[a-z-]+", " ".join(re.findall(r'class="([^"]*)"', templates))))

    charts = "\n".join(path.read_text() for path in CHARTS.glob("*.py"))
    of_charts = set(re.findall(r"[a-z-]+", " ".join(re.findall(r'"([^"\n]*)"', charts))))

    assert len(styled) > 80
    assert styled - used - of_charts == CLASSES_OF_CODE - of_charts


@pytest.fixture
def as_maria(client, person):
    """A client of a superuser with a row on most pages."""
    person.is_staff = person.is_superuser = True
    person.save()
    make_full_log(person, DAY)
    make_medication(person, pk=1)
    make_reflection(person, SUNDAY)
    client.force_login(person)
    return client


def loaded_by(html: str) -> tuple[list[str], list[str]]:
    """Return the addresses of a page's stylesheets and scripts, but for those of Django's admin."""
    elements = Page(html).elements
    styles = [attrs["href"] for tag, attrs in elements if tag == "link" and attrs.get("rel") == "stylesheet"]
    scripts = [attrs["src"] for tag, attrs in elements if tag == "script" and "src" in attrs]
    return tuple([url for url in urls if "/admin/" not in url] for urls in (styles, scripts))


@pytest.mark.parametrize("has_lock", [False, True])
def test_every_page_loads_one_stylesheet_and_one_script(as_maria, person, has_lock):
    person.screen_lock_minutes = 5 if has_lock else None
    person.save()
    paths = [*(address.path for address in ADDRESSES), "/nowhere/"]
    answers = [(path, client.get(path)) for client in (as_maria, Client()) for path in paths]
    pages = {
        (path, answer.status_code): loaded_by(answer.content.decode())
        for path, answer in answers
        if answer.get("Content-Type", "").startswith("text/html") and answer.content
    }

    assert len(pages) > 30
    for_readers = {page for page in pages if page[0].startswith(FOR_READERS)}
    expected = {page: (OURS[0], []) if page in for_readers else OURS for page in pages}
    assert for_readers
    assert {page: loaded for page, loaded in pages.items() if loaded != expected[page]} == {}


@pytest.mark.parametrize("status", ["400", "403", "403_csrf", "404", "405", "413", "429", "500", "503"])
def test_error_pages_load_them_too(status):
    assert loaded_by(render_to_string(f"{status}.html", {"minutes": 5})) == OURS


@pytest.mark.parametrize("has_lock", [False, True])
def test_pages_of_the_admin_load_their_own_stylesheet_and_the_script_with_a_screen_lock(as_maria, person, has_lock):
    person.screen_lock_minutes = 5 if has_lock else None
    person.save()
    Group.objects.create(pk=1, name="helpers")
    names = ["index", "logs_dailylog_changelist", "operations_databasereport_now"]
    paths = [*(reverse(f"admin:{name}") for name in names), reverse("admin:auth_group_change", args=[1])]

    loaded = [loaded_by(as_maria.get(path).content.decode()) for path in paths]

    assert loaded == [(["/static/admin.css"], ["/static/brainlog.js"] if has_lock else [])] * len(paths)


def test_an_error_in_one_part_is_reported_and_stops_no_other(new_page, expected_errors, monkeypatch):
    page = new_page(timezone_id="Asia/Tokyo")
    page.goto("/accounts/signup/")
    zone = field(page, "timezone")
    expect(zone).to_have_value("Asia/Tokyo")
    zone.evaluate("input => input.value = input.defaultValue")
    expected_errors.append("on purpose")
    first, read = f"js/{SCRIPTS[0]}.js", bundles.read
    broken = {first: 'throw new Error("on purpose");\n'}
    monkeypatch.setattr(bundles, "read", lambda path: broken.get(path) or read(path))

    with page.expect_event("pageerror", lambda error: "on purpose" in error.message):
        page.evaluate("import('/static/brainlog.js?again')")

    expect(zone).to_have_value("Asia/Tokyo")
