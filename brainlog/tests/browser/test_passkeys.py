"""Passkeys in a real browser, with the authenticator that Chromium simulates."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from playwright.sync_api import expect

from accounts.sessions import SessionStore
from accounts.tests.codes import code_of, switch_on
from accounts.tests.factories import PASSWORD
from brainlog.tests.browser.steps import expect_saved, field, follow, log_in, press

pytestmark = pytest.mark.once


@pytest.fixture
def device(page):
    """An authenticator in the device: with a finger that is always there. Its session takes further commands."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "automaticPresenceSimulation": True}
    options |= {"hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
    identity = session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]
    return lambda command, **more: session.send(f"WebAuthn.{command}", {"authenticatorId": identity} | more)


def add_passkey(page, person):
    page.goto("/accounts/login/")
    log_in(page, person)
    page.goto("/accounts/second-factor/")
    follow(page, "Add a passkey")
    field(page, "password").fill(PASSWORD)
    press(page, "Go on")
    field(page, "name").fill("My phone")
    press(page, "Add it")
    expect_saved(page, "Your passkey is added.")
    expect(page.locator(".secret")).to_have_count(10)


def log_out(page):
    page.goto("/accounts/profile/")
    press(page, "Log out")
    expect_saved(page, "You are logged out.")


def test_a_passkey_lets_in_without_a_password(page, device, person, live_server):
    add_passkey(page, person)
    follow(page, "I have kept them")
    expect(page.get_by_text("My phone")).to_be_visible()
    log_out(page)
    planted = SessionStore()
    planted.save()
    page.context.add_cookies([{"name": "sessionid", "value": planted.session_key, "url": live_server.url}])

    page.goto("/accounts/login/?next=/reflections/")
    press(page, "Use a passkey")

    page.wait_for_url(lambda url: urlsplit(url).path == "/reflections/")
    assert not SessionStore().exists(planted.session_key), "A planted session key must not be kept."
    assert person.security_events.latest("pk").kind == "signed_in_by_passkey"
    assert device("getCredentials")["credentials"][0]["isResidentCredential"]


def test_after_the_password_a_passkey_is_asked_for(page, device, person):
    add_passkey(page, person)
    log_out(page)
    page.goto("/accounts/login/")
    log_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Your second factor")

    press(page, "Use a passkey")

    page.wait_for_url("**/")
    expect(page.get_by_role("link", name="You")).to_be_visible()


def test_a_passkey_answers_whether_it_is_you(page, device, person):
    add_passkey(page, person)
    log_out(page)
    page.goto("/accounts/login/")
    press(page, "Use a passkey")
    expect(page.get_by_role("link", name="You")).to_be_visible()
    page.goto("/accounts/second-factor/codes/new/")
    page.goto("/accounts/confirm/passkey/?next=/accounts/second-factor/codes/new/")

    press(page, "Use a passkey")

    expect(page.get_by_role("heading", level=1)).to_have_text("New recovery codes?")


def test_a_removed_passkey_is_refused(page, device, person):
    add_passkey(page, person)
    page.goto("/accounts/second-factor/")
    page.get_by_text("My phone").click()
    press(page, "Remove it")
    expect_saved(page, "The passkey is removed.")
    log_out(page)

    page.goto("/accounts/login/")
    press(page, "Use a passkey")

    expect_saved(page, "That was not accepted.")
    expect(page).to_have_title("Log in · Brain Log")


def test_a_device_without_user_verification_is_refused(page, device, person):
    add_passkey(page, person)
    log_out(page)
    page.goto("/accounts/login/")
    device("setUserVerified", isUserVerified=False)

    press(page, "Use a passkey")

    expect(page.get_by_text("Your device gave no passkey.")).to_be_visible()


def test_without_javascript_there_is_no_dead_button(new_page):
    page = new_page(java_script_enabled=False)
    page.goto("/accounts/login/")

    expect(page.get_by_role("button", name="Use a passkey")).to_be_hidden()


def test_codes_of_an_app(page, live_server, person):
    client = Client()
    client.force_login(person)
    secret, _ = switch_on(client)
    page.goto("/accounts/login/")
    log_in(page, person)
    field(page, "code").fill(code_of(secret))
    press(page, "Log in")

    expect(page.get_by_role("link", name="You")).to_be_visible()
