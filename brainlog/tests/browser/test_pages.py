"""Pages in a real browser. The fixture `page` fails on errors in the console."""

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.browser.site import World
from brainlog.tests.browser.steps import come_in, follow, log_in, press

pytestmark = pytest.mark.once


@pytest.mark.parametrize(
    ("theme", "system", "shown"),
    [("light", "dark", "light"), ("dark", "light", "dark"), ("system", "dark", "dark"), ("system", "light", "light")],
)
def test_the_persons_theme_wins_over_the_systems(new_page, live_server, theme, system, shown):
    page = come_in(new_page(color_scheme=system), live_server, make_person(theme=theme))
    page.goto("/")
    lightness = page.evaluate(
        "parseFloat(getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/)[0])"
    )
    assert (lightness > 0.5) == (shown == "light")


def test_the_administration_works_under_our_content_security_policy(page, live_server):
    World.make()
    staff = User.objects.create_superuser("staff", password=PASSWORD)
    page.goto("/admin/")
    log_in(page, staff)
    expect(page.get_by_role("heading", level=1)).to_have_text("Brain Log administration")
    models = admin.site._registry.items()
    assert len(models) >= 4
    for model, model_admin in models:
        name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
        page.goto(reverse(f"{name}_changelist"))
        expect(page.locator("#content h1")).to_be_visible()
        if row := model_admin.model.objects.first():
            page.goto(reverse(f"{name}_change", args=[row.pk]))
            expect(page.locator("#content h1")).to_be_visible()
            page.goto(reverse(f"{name}_history", args=[row.pk]))
            expect(page.locator("#content h1")).to_be_visible()
    page.goto(reverse("admin:accounts_user_add"))
    expect(page.locator("[name=username]")).to_be_visible()


def test_no_script_of_ours_can_make_html_of_a_text(own_page, expected_errors):
    expected_errors += ["requires 'TrustedHTML' assignment", "Creating a TrustedTypePolicy named 'any' violates"]
    own_page.goto("/logs/")
    attempts = ("document.body.innerHTML = '<b>text</b>'", "trustedTypes.createPolicy('any', {})")

    refused = [
        own_page.evaluate(f"() => {{ try {{ {attempt} }} catch (error) {{ return error.name }} }}")
        for attempt in attempts
    ]

    assert refused == ["TypeError", "TypeError"]


def test_the_skip_link_works_by_keyboard(own_page):
    own_page.goto("/logs/")
    own_page.keyboard.press("Tab")
    skip = own_page.get_by_role("link", name="Skip to the page")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    own_page.keyboard.press("Enter")
    expect(own_page.locator("main")).to_be_focused()


def test_the_calendar_turns_its_pages_and_leads_to_a_day(new_page, live_server):
    world = World.make()
    page = come_in(new_page(), live_server, world.regular)
    page.goto("/logs/")
    this_month = page.locator("#month").inner_text()
    follow(page, "The month before")
    expect(page.locator("#month")).not_to_have_text(this_month)
    follow(page, "The month after")
    expect(page.locator("#month")).to_have_text(this_month)
    page.locator("table a[aria-current=date]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Today")


def test_a_deleted_day_comes_back_with_its_doses(new_page, live_server):
    world = World.make()
    page = come_in(new_page(), live_server, world.regular)
    log = world.regular.daily_logs.get(date=world.regular.today())
    doses = [dose.in_words for dose in log.doses.all()]
    page.goto(log.get_absolute_url())
    follow(page, "Delete this day")
    press(page, "Delete")
    press(page, "Undo")
    for dose in doses:
        expect(page.get_by_text(dose)).to_be_visible()
