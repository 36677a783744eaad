"""Hostile texts in a real browser: none of them runs, asks, loads or draws anything.

`page` fails on violations of the Content-Security-Policy: what the policy had to stop should not be there.
"""

import pytest
from django.urls import reverse
from playwright.sync_api import expect

from accounts.tests.factories import make_person
from brainlog.tests.addresses import DAY, SUNDAY
from brainlog.tests.attack.rows import make_hostile
from brainlog.tests.attack.texts import HOSTILE, MARK, packed
from brainlog.tests.browser.steps import come_in, field, press, unfold, wait_until_kept

pytestmark = pytest.mark.once

# An injected script, element or attribute leaves a trace.
TRAP = f"""
window.ran = [];
window.{MARK} = () => window.ran.push("script");
for (const name of ["alert", "confirm", "prompt", "open"]) window[name] = () => window.ran.push(name);
"""
NEVER = "iframe, object, embed, base, script:not([src], [type='application/json']), style, a[href^='javascript:' i]"
TRACES = f"""() => {{
    const isOfThem = (name) => name.includes("{MARK}") || /^on/.test(name);
    const elements = [...document.querySelectorAll("*")].filter(({{ localName, attributes }}) =>
        localName.includes("{MARK}") || [...attributes].some(({{ name }}) => isOfThem(name)));
    return [...window.ran, ...[...elements, ...document.querySelectorAll("{NEVER}")].map((each) => each.outerHTML)];
}}"""


@pytest.fixture
def people(live_server):
    """A person with hostile texts, and an administrator who views them."""
    owner, staff = make_person(username="owner"), make_person(is_staff=True, is_superuser=True)
    list(make_hostile(owner, staff))
    return owner, staff


@pytest.fixture
def trapped(page, live_server):
    """A page that records scripts, dialogs, and requests to other hosts."""
    noticed = []

    def notice_dialog(dialog):
        if dialog.type != "beforeunload":
            noticed.append(f"asks {dialog.message}")
        dialog.accept()

    def notice_request(request):
        if not request.url.startswith((live_server.url, "data:image/svg+xml")) or MARK in request.url.partition("?")[0]:
            noticed.append(f"loads {request.url}")

    page.add_init_script(TRAP)
    page.on("dialog", notice_dialog)
    page.on("request", notice_request)
    yield page
    assert noticed == []


def test_hostile_texts_do_nothing_on_a_persons_pages(trapped, live_server, people):
    page = come_in(trapped, live_server, people[0])
    for path in (
        f"/logs/{DAY}/",
        f"/logs/{DAY}/evening/",
        "/logs/medications/",
        f"/reflections/{SUNDAY}/",
        "/accounts/profile/",
        "/accounts/events/",
    ):
        page.goto(path)
        assert MARK in page.content() and page.evaluate(TRACES) == []


def test_hostile_texts_do_nothing_in_the_admin(trapped, live_server, people):
    page = come_in(trapped, live_server, people[1])
    log = people[0].daily_logs.first()
    for path in (
        reverse("admin:index"),
        reverse("admin:accounts_user_changelist"),
        reverse("admin:accounts_securityevent_changelist"),
        reverse("admin:logs_dailylog_change", args=[log.pk]),
    ):
        page.goto(path)
        assert MARK in page.content() and page.evaluate(TRACES) == []


def test_scripts_insert_hostile_texts_as_text(trapped, live_server, people):
    """Doses with names from the list, a draft brought back, two versions to choose from, a deleted day."""
    page = come_in(trapped, live_server, people[0])
    text = packed(4000, "q000qq")[0]
    page.goto(f"/logs/{DAY}/midday/")
    unfold(page)
    field(page, "current_activity").fill(HOSTILE[0] + HOSTILE[2])
    field(page, "distractions").fill(text[:190])
    wait_until_kept(page, HOSTILE[0])
    page.reload()
    press(page, "Bring them back")
    expect(field(page, "current_activity")).to_have_value(HOSTILE[0] + HOSTILE[2])
    assert page.evaluate(TRACES) == []
    people[0].daily_logs.filter(date=DAY).update(focus_level=1)
    press(page, "Save")
    expect(page.get_by_role("heading", name="Which answers")).to_be_visible()
    assert page.evaluate(TRACES) == []

    page.goto(f"/logs/{people[0].today()}/medication/")
    press(page, "Add another dose")
    field(page, "doses-1-medication").fill(HOSTILE[3])
    wait_until_kept(page, HOSTILE[3])
    page.reload()
    press(page, "Bring them back")
    expect(field(page, "doses-1-medication")).to_have_value(HOSTILE[3])
    assert page.evaluate(TRACES) == []

    page.goto(f"/logs/{DAY}/delete/")
    press(page, "Delete")
    press(page, "Undo")
    assert MARK in page.content() and page.evaluate(TRACES) == []
