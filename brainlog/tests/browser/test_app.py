"""The app on a phone: manifest, service worker, offline page, notifications, and what is left after logging out."""

import json
import re

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts.models import User
from accounts.tests.factories import PASSWORD
from brainlog.tests.browser.steps import (
    MIDDAY,
    NOTE,
    come_in,
    expect_no_drafts,
    expect_saved,
    field,
    fits_its_screen,
    press,
    tap,
    type_note,
    unfold,
)
from brainlog.tests.browser.test_accessibility import audit
from brainlog.tests.browser.test_log_out import SECRET, STORED, log_out, sign_in
from home import installable
from logs.tests.factories import DAY, make_log
from reflections.tests.factories import make_reflection

pytestmark = pytest.mark.once


@pytest.fixture(autouse=True)
def no_network_is_expected(expected_errors):
    expected_errors.append("net::ERR_INTERNET_DISCONNECTED")


@pytest.fixture
def app(new_page, live_server, person):
    """Today of `person` on a phone, with its service worker."""
    return installed(come_in(new_page(service_workers="allow"), live_server, person))


def installed(page):
    """Open Today and let it have its worker. A page that is loading while the worker starts has none yet."""
    page.goto("/")
    page.evaluate("async () => { await navigator.serviceWorker.ready; }")
    page.goto("/")
    page.wait_for_function("() => navigator.serviceWorker.controller?.state === 'activated'")
    return page


def eventually(page, script: str, arg=None):
    """Wait until an asynchronous function says true: wait_for_function() takes its promise for that."""
    for _ in range(100):
        if page.evaluate(script, arg):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"Never true: {script}")


def caches_in(page) -> dict[str, list[str]]:
    """The addresses in each cache, without the origin."""
    return page.evaluate(
        """async () => {
            const found = {};
            for (const name of await caches.keys()) {
                const requests = await (await caches.open(name)).keys();
                found[name] = requests.map(({url}) => new URL(url).pathname);
            }
            return found;
        }"""
    )


def texts_in_caches(page) -> str:
    return page.evaluate(
        """async () => {
            let text = "";
            for (const name of await caches.keys()) {
                const cache = await caches.open(name);
                for (const request of await cache.keys()) text += await (await cache.match(request)).text();
            }
            return text;
        }"""
    )


# Installing


def test_browsers_can_install_it(app):
    devtools = app.context.new_cdp_session(app)

    manifest = devtools.send("Page.getAppManifest")
    errors = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]

    assert manifest["errors"] == []
    assert manifest["url"].endswith("/manifest.webmanifest")
    # The tests' windows are incognito, where nothing can be installed.
    assert {error["errorId"] for error in errors} <= {"in-incognito"}
    assert devtools.send("Page.getAppId")["appId"].endswith("/")


def test_icons_are_images_of_the_size_that_the_manifest_says(app):
    icons = json.loads(app.request.get("/manifest.webmanifest").body())["icons"]

    sizes = app.evaluate(
        """async (icons) => Promise.all(icons.map(async ({src}) => {
            const image = new Image();
            image.src = src;
            await image.decode();
            return `${image.naturalWidth}x${image.naturalHeight}`;
        }))""",
        icons,
    )

    assert sizes == [icon["sizes"] for icon in icons]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_colour_of_the_browser_is_that_of_the_page(new_page, scheme):
    page = new_page(color_scheme=scheme)
    page.goto("/")

    shown = page.evaluate(
        """() => {
            const context = document.createElement("canvas").getContext("2d");
            context.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
            context.fillRect(0, 0, 1, 1);
            const hex = (number) => number.toString(16).padStart(2, "0");
            return "#" + [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(hex).join("");
        }"""
    )
    named = page.evaluate(
        "[...document.querySelectorAll('[name=theme-color]')].filter(({media}) => matchMedia(media).matches)[0].content"
    )

    assert shown == named == {"light": installable.PAPER, "dark": installable.PAPER_DARK}[scheme]


def hint(page):
    return page.get_by_role("region", name="Keep your log on your home screen")


def offer_installing(page):
    """As the browser does, once it finds that the site can be installed."""
    page.evaluate(
        """() => {
            const event = new Event("beforeinstallprompt", {cancelable: true});
            event.prompt = () => { window.asked = true; };
            dispatchEvent(event);
        }"""
    )


@pytest.mark.parametrize("width", [320, 390])
def test_today_offers_to_install_it_until_the_person_says_no(new_page, live_server, person, width):
    page = come_in(new_page(viewport={"width": width, "height": 700}), live_server, person)
    page.goto("/")
    expect(hint(page)).to_be_hidden()

    offer_installing(page)

    expect(hint(page)).to_be_visible()
    expect(hint(page).get_by_text("Tap Share")).to_be_hidden()
    assert fits_its_screen(page)
    assert [problem for problem in audit(page) if not problem.startswith("too small for a thumb")] == []
    press(page, "No, thank you")
    expect(hint(page)).to_be_hidden()
    page.reload()
    offer_installing(page)
    expect(hint(page)).to_be_hidden()


def test_the_hint_is_shown_until_it_was_on_the_screen_once(new_page, live_server, person):
    page = come_in(new_page(viewport={"width": 390, "height": 500}), live_server, person)
    for _ in range(2):
        page.goto("/")
        offer_installing(page)
        expect(hint(page)).to_be_visible()  # Below the edge of the screen.

    hint(page).scroll_into_view_if_needed()
    page.wait_for_function("() => localStorage.getItem('brainlog-install-hint')")
    expect(hint(page)).to_be_visible()

    page.goto("/")
    offer_installing(page)
    expect(hint(page)).to_be_hidden()


def test_the_button_asks_the_browser(own_page):
    own_page.goto("/")
    offer_installing(own_page)

    press(own_page, "Install")

    assert own_page.evaluate("window.asked")
    expect(hint(own_page)).to_be_hidden()


def test_safari_on_a_phone_gets_words(new_page, live_server, person):
    page = come_in(new_page(), live_server, person)
    page.add_init_script("navigator.standalone = false")
    page.goto("/")

    expect(hint(page).get_by_text("Tap Share")).to_be_visible()
    expect(hint(page).get_by_role("button", name="Install")).to_be_hidden()
    hint(page).scroll_into_view_if_needed()
    page.wait_for_function("() => localStorage.getItem('brainlog-install-hint')")
    page.reload()
    expect(hint(page)).to_be_hidden()


def test_nothing_is_offered_while_hints_are_paused(own_page, person):
    User.objects.filter(pk=person.pk).update(notices_paused_until=User.FOR_GOOD)
    own_page.goto("/")

    offer_installing(own_page)

    expect(own_page.locator("[data-install]")).to_have_count(0)


# Without a network


@pytest.mark.parametrize(("width", "scheme"), [(320, "light"), (390, "dark"), (1280, "light")])
def test_any_address_opens_the_offline_page(new_page, live_server, person, width, scheme):
    page = new_page(service_workers="allow", viewport={"width": width, "height": 800}, color_scheme=scheme)
    page = installed(come_in(page, live_server, person))
    page.context.set_offline(True)

    page.goto("/logs/?month=2026-05")

    expect(page.get_by_role("heading", level=1)).to_have_text("No connection")
    expect(page.get_by_text("Kept in this browser")).to_be_hidden()
    page.wait_for_function("() => document.querySelector('.brand .icon').getBoundingClientRect().width > 0")
    assert page.evaluate("getComputedStyle(document.querySelector('.button.main')).minHeight") == "44px", "No styles."
    assert fits_its_screen(page)
    assert audit(page) == []

    page.context.set_offline(False)

    expect(page.get_by_role("heading", level=1)).to_have_text("History")
    assert page.url.endswith("/logs/?month=2026-05")


def test_the_offline_page_lists_what_the_browser_keeps(app, person):
    type_note(app)
    app.context.set_offline(True)

    app.goto("/")

    kept = app.get_by_role("region", name="Kept in this browser")
    expect(kept.get_by_role("listitem")).to_have_text(["Midday, May 4, 2026"])
    assert NOTE not in app.content()
    app.context.set_offline(False)
    expect(app.get_by_role("heading", level=1)).to_have_text("Today")


def test_a_button_that_saves_nothing_is_not_sent_later(app, person):
    app.goto(f"/logs/{DAY}/medication/")
    tap(app, "medication_taken", "true")
    app.evaluate("Object.defineProperty(navigator, 'onLine', { get: () => true })")
    app.context.set_offline(True)
    app.locator("form[data-draft]").evaluate(
        """form => {
            const button = document.createElement("button");
            button.name = "take";
            form.append(button);
            form.requestSubmit(button);
        }"""
    )

    expect(app.get_by_role("heading", level=1)).to_have_text("No connection")

    assert app.get_by_role("listitem").all_inner_texts() == ["Medication, May 4, 2026"]
    app.context.set_offline(False)
    expect(app.get_by_role("heading", level=1)).to_have_text("Medication")
    assert not person.daily_logs.exists()


def test_a_form_without_a_page_at_its_address_leads_to_today(app, person):
    """To open that address, as a link would, is an error."""
    app.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => true })")
    app.goto("/")
    app.context.set_offline(True)
    press(app, "Just one question today")
    expect(app.get_by_role("heading", level=1)).to_have_text("No connection")
    assert app.url.endswith("/logs/one-question/")

    app.context.set_offline(False)

    expect(app.get_by_role("heading", level=1)).to_have_text("Today")
    expect(app.get_by_role("button", name="Just one question today")).to_be_visible()


def test_a_save_that_fails_on_its_way_waits_as_well(app, person, live_server):
    """The browser does not know yet that the network is gone: the save leads to the offline page."""
    app.add_init_script("Object.defineProperty(navigator, 'onLine', { get: () => true })")
    type_note(app)
    app.context.set_offline(True)

    press(app, "Save")

    expect(app.get_by_role("heading", level=1)).to_have_text("No connection")
    expect(app.get_by_role("listitem")).to_have_text("Midday, May 4, 2026Waits to be sent")
    assert not person.daily_logs.exists()
    app.context.set_offline(False)
    expect_saved(app, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE
    expect_no_drafts(app)


def test_a_check_in_that_is_open_is_sent_later_with_a_worker_too(app, person):
    app.goto(MIDDAY)
    unfold(app)
    field(app, "current_activity").fill(NOTE)
    app.context.set_offline(True)
    press(app, "Save")
    expect(app.locator("[data-draft-waits]")).to_be_visible()
    app.goto("/")
    expect(app.get_by_role("listitem")).to_have_text("Midday, May 4, 2026Waits to be sent")

    app.context.set_offline(False)

    expect_saved(app, "Midday saved")
    assert person.daily_logs.get().current_activity == NOTE


def test_pages_are_those_of_the_server_while_there_is_a_network(app, person, expected_errors):
    expected_errors.append("status of 404")
    make_log(person, current_activity=SECRET)

    for address, status in ((f"/logs/{DAY}/", 200), ("/logs/2999-01-01/", 404), ("/accounts/data/export/", 200)):
        assert app.goto(address).status == status
    app.goto(MIDDAY)
    tap(app, "focus_level", "3")
    press(app, "Save")
    expect_saved(app, "Midday saved")
    assert person.daily_logs.get().focus_level == 3


# What it keeps


def test_its_cache_has_the_static_files_and_the_offline_page_only(app, person):
    make_log(person, dreams=SECRET)
    make_reflection(person, week_highlights=SECRET)
    for address in ("/", f"/logs/{DAY}/", "/logs/", "/reflections/", "/accounts/profile/", "/accounts/data/"):
        app.goto(address)
    app.context.set_offline(True)
    app.goto("/logs/")
    app.context.set_offline(False)
    app.goto(f"/logs/{DAY}/")
    expect(app.locator("main")).to_contain_text(SECRET)  # Waits: the offline page may just be loading itself again.

    found = caches_in(app)

    [addresses] = found.values()
    files = [f"/static/{name}" for name in installable.FILES]
    assert sorted(addresses) == sorted([*files, "/offline/"])
    text = texts_in_caches(app)
    assert "No connection" in text
    assert SECRET not in text and person.username not in text and "data-person=" not in text.split("<script")[0]
    assert 'data-person="' not in text


def test_a_new_release_replaces_the_worker_at_the_next_visit(app, monkeypatch):
    [before] = caches_in(app)
    source_of = installable.source_of
    monkeypatch.setattr(installable, "source_of", lambda parts: source_of(parts) + "// A new release.\n")
    installable.known_worker.cache_clear()

    app.goto("/logs/")

    eventually(app, "async (before) => !(await caches.has(before))", arg=before)
    [after] = caches_in(app)
    assert re.fullmatch("brainlog-[0-9a-f]{16}", after) and after != before
    installable.known_worker.cache_clear()


def test_the_operator_can_switch_it_off(app, settings):
    settings.SERVICE_WORKER = False

    app.goto("/logs/")

    eventually(app, "async () => !(await navigator.serviceWorker.getRegistration())")
    assert caches_in(app) == {}
    app.goto("/")
    app.wait_for_load_state("networkidle")
    assert app.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0
    expect(app.get_by_role("heading", level=1)).to_have_text("Today")


def test_the_admin_and_visitors_have_no_worker(new_page, live_server):
    page = new_page(service_workers="allow")
    page.goto("/")
    page.goto("/accounts/login/")
    page.wait_for_load_state("networkidle")
    staff = User.objects.create_superuser("staff", password=PASSWORD, screen_lock_minutes=5)
    come_in(page, live_server, staff)
    page.goto("/admin/")
    page.wait_for_load_state("networkidle")

    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0


def test_pages_of_the_admin_do_not_go_through_the_worker(new_page, live_server, expected_errors):
    staff = User.objects.create_superuser("staff", password=PASSWORD)
    page = installed(come_in(new_page(service_workers="allow"), live_server, staff))

    response = page.goto("/admin/")

    assert response.status == 200 and not response.from_service_worker


def test_only_the_address_of_the_worker_is_let_through(app, expected_errors):
    expected_errors.append("requires 'TrustedScriptURL' assignment|violates the following Content Security Policy")
    refused = app.evaluate(
        """async () => {
            try { await navigator.serviceWorker.register("/sw.js?other") } catch (error) { return error.name }
        }"""
    )
    again = app.evaluate(
        """() => { try { trustedTypes.createPolicy("brainlog-worker", {}) } catch (error) { return error.name } }"""
    )

    assert (refused, again) == ("TypeError", "TypeError")


# Logging out


def test_logging_out_leaves_nothing_on_the_device(new_page, person):
    page = new_page(service_workers="allow")
    make_log(person, dreams=SECRET)
    sign_in(page, person)
    installed(page)
    type_note(page)
    page.goto(f"/logs/{DAY}/")

    log_out(page, has_drafts=True)

    eventually(page, "async () => !(await navigator.serviceWorker.getRegistration())")
    eventually(page, "async () => !(await caches.keys()).length")
    stored = page.evaluate(STORED)
    stored["local"].pop("brainlog-more/midday", None)  # The privacy page says so.
    assert stored == {"local": {}, "session": {}, "databases": [], "caches": [], "cookie": ""}
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    assert cookies <= {"csrftoken", "messages", settings.KNOWN_BROWSER_COOKIE_NAME}
    page.goto("/accounts/login/")
    page.wait_for_load_state("networkidle")
    assert page.evaluate("async () => (await navigator.serviceWorker.getRegistrations()).length") == 0


@pytest.mark.parametrize("answer", ["Promise.resolve(true)", "Promise.reject(new Error())", "new Promise(() => {})"])
def test_logging_out_ends_the_push_subscription_of_the_device(new_page, person, answer):
    """The browser of the tests reaches no push service, so that the subscription is a stand-in.

    Nothing waits for the answer, which can be an error or never come.
    """
    page = new_page(service_workers="allow")
    page.add_init_script(
        f"""PushManager.prototype.getSubscription = async () => ({{
            unsubscribe: () => {{ sessionStorage.setItem("unsubscribed", "yes"); return {answer}; }},
        }})"""
    )
    sign_in(page, person)
    installed(page)

    log_out(page)

    page.wait_for_function("() => sessionStorage.getItem('unsubscribed') === 'yes'")
    eventually(page, "async () => !(await navigator.serviceWorker.getRegistration())")
    eventually(page, "async () => !(await caches.keys()).length")


def test_logging_out_closes_the_notifications_that_are_shown(new_page, person, live_server):
    """The worker is looked at from the page that is left: once it is removed, its page finds no notifications."""
    page = new_page(service_workers="allow")
    page.context.grant_permissions(["notifications"], origin=live_server.url)
    page.add_init_script(
        """const { unregister } = ServiceWorkerRegistration.prototype;
        ServiceWorkerRegistration.prototype.unregister = async function () {
            sessionStorage.setItem("left", (await this.getNotifications()).length);
            return unregister.call(this);
        };"""
    )
    sign_in(page, person)
    installed(page)
    push(page, live_server, json.dumps(MESSAGE))
    push(page, live_server, json.dumps(MESSAGE | {"tag": "midday"}))

    log_out(page)

    eventually(page, "async () => !(await navigator.serviceWorker.getRegistration())")
    assert page.evaluate("sessionStorage.getItem('left')") == "0"


def test_the_offline_page_lists_nothing_after_logging_out(new_page, person, live_server):
    page = new_page(service_workers="allow")
    sign_in(page, person)
    installed(page)
    type_note(page)
    log_out(page, has_drafts=True)

    assert page.evaluate("localStorage.getItem('brainlog-person')") is None


# Notifications


def notifications(page) -> list[dict]:
    return page.evaluate(
        """async () => (await (await navigator.serviceWorker.ready).getNotifications())
            .map(({title, body, tag, renotify, data}) => ({title, body, tag, renotify, address: data.address}))"""
    )


def push(page, live_server, payload: str):
    """Deliver a push message to the worker, as a push service does, until it shows something.

    DevTools sometimes drop a message without a word while the machine is busy.
    """
    devtools = page.context.new_cdp_session(page)
    registrations = []
    devtools.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
    devtools.send("ServiceWorker.enable")
    for _attempt in range(10):
        page.wait_for_timeout(200)
        message = {"registrationId": registrations[-1]["registrationId"], "data": payload}
        devtools.send("ServiceWorker.deliverPushMessage", {"origin": live_server.url} | message)
        for _look in range(10):
            if notifications(page):
                return
            page.wait_for_timeout(100)
    raise AssertionError("No notification is shown.")


MESSAGE = {"title": "Morning check-in", "body": "Whenever you like.", "url": "/now/", "tag": "morning"}
NEUTRAL = {"title": "Time for your log", "body": "", "tag": "", "address": "/"}
OTHER = NEUTRAL | {"title": "Other"}


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (json.dumps(MESSAGE), {"title": "Morning check-in", "body": "Whenever you like.", "tag": "morning"}),
        ("no JSON", NEUTRAL),
        ("", NEUTRAL),
        ("null", NEUTRAL),
        ('{"body": "without a title"}', NEUTRAL),
        ('{"title": 7, "body": "x"}', NEUTRAL),
        ('{"title": "Other", "url": "https://evil.example/"}', OTHER),
        ('{"title": "Other", "url": "//evil.example/"}', OTHER),
        ('{"title": "Other", "url": "javascript:alert(1)"}', OTHER),
    ],
)
def test_each_message_shows_a_notification(app, live_server, payload, shown):
    app.context.grant_permissions(["notifications"], origin=live_server.url)

    push(app, live_server, payload)

    # Without `renotify`, one that replaces another one of its tag is silent. Without a tag, it is an error.
    address = live_server.url + shown.get("address", "/now/")
    expected = shown | {"renotify": bool(shown["tag"]), "address": address}
    assert expected in notifications(app)


def click(page, address: str):
    """Click a notification in the worker. Returns what it did: "focus" or "open", with the address."""
    [worker] = page.context.service_workers
    return worker.evaluate(
        """async (address) => {
            const done = [];
            self.clients.openWindow = async (address) => { done.push(["open", new URL(address).pathname]); };
            WindowClient.prototype.focus = async function () { done.push(["focus", new URL(this.url).pathname]); };
            const event = new Event("notificationclick");
            event.notification = { close() {}, data: { address: new URL(address, location.origin).href } };
            const waits = [];
            event.waitUntil = (promise) => waits.push(promise);
            self.dispatchEvent(event);
            await Promise.all(waits);
            return done;
        }""",
        address,
    )


def test_a_notification_leads_to_its_page_in_the_window_that_shows_it_or_a_new_one(app):
    assert click(app, "/") == [["focus", "/"]]
    assert click(app, "/now/") == [["open", "/now/"]]


CLOSED = """
    window.closedNotifications = [];
    const { close } = Notification.prototype;
    Notification.prototype.close = function () { closedNotifications.push(this.title); close.call(this); };
"""


def test_a_log_out_closes_the_notifications_that_are_shown(app, live_server):
    app.context.grant_permissions(["notifications"], origin=live_server.url)
    app.add_init_script(CLOSED)
    push(app, live_server, json.dumps(MESSAGE))

    app.goto("/accounts/profile/")
    press(app, "Log out")

    expect_saved(app, "You are logged out.")
    eventually(app, "closedNotifications.includes('Morning check-in')")
