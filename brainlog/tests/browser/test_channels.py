"""Adding this device for reminders, in a real browser. Its push service is a stand-in: the tests reach none."""

import json

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import expect

from brainlog.reminder_servers import parse_servers
from brainlog.tests.browser.steps import come_in, expect_saved, field, fits_its_screen, press
from brainlog.tests.browser.test_accessibility import audit
from brainlog.tests.browser.test_app import eventually, installed, notifications, push
from reminders.channels import KINDS
from reminders.models import Channel
from reminders.tests.conftest import certificates, push_on, service, trusted  # noqa: F401 (fixtures)
from reminders.tests.push_service import Browser, shown_by
from reminders.tests.servers import http_server

pytestmark = pytest.mark.once

CHANNELS = "/accounts/reminders/channels/"
BUTTON = "Remind me on this device"

# What the browser's maker provides: the permission, the worker and its subscription. `asked` counts the questions.
STAND_IN = """
    const { permission, answer, subscription, works } = %s;
    let subscribed = null;
    window.asked = 0;
    window.subscribedWith = [];
    window.ended = 0;
    const pushManager = {
        getSubscription: async () => subscribed,
        subscribe: async (options) => {
            if (!works) throw new DOMException("no service", "AbortError");
            window.subscribedWith.push([options.userVisibleOnly, options.applicationServerKey.length]);
            return { toJSON: () => subscription };
        },
    };
    subscribed = { unsubscribe: async () => { window.ended += 1; subscribed = null; return true; } };
    Object.defineProperty(navigator.serviceWorker, "ready", { get: async () => ({ pushManager }) });
    navigator.serviceWorker.getRegistration = async () => ({ pushManager });
    Object.defineProperty(Notification, "permission", { get: () => permission });
    Notification.requestPermission = async () => { window.asked += 1; return answer; };
"""


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def open_channels(new_page, live_server, person, service, browser):  # noqa: F811
    """A function that opens the page in a browser that answers the question for the permission like that."""

    def open_page(permission="default", answer="granted", works=True, **options):
        page = come_in(new_page(**options), live_server, person)
        facts = {"permission": permission, "answer": answer, "works": works}
        page.add_init_script(STAND_IN % json.dumps(facts | {"subscription": browser.subscription(service.endpoint)}))
        page.goto(CHANNELS)
        return page

    return open_page


def test_the_browser_is_asked_once_the_button_is_pressed_and_then_reminded(open_channels, service, browser):  # noqa: F811
    page = open_channels()
    assert page.evaluate("window.asked") == 0

    press(page, BUTTON)

    expect_saved(page, "Added.")
    expect(page.get_by_text("this one")).to_be_visible()
    channel = Channel.objects.get()
    press(page, f"Send me one now: {channel.label}")
    expect_saved(page, "Sent.")
    assert shown_by(browser, service.asked[0])["title"] == "Time for your log"


def test_it_subscribes_for_this_server_and_ends_what_was_subscribed_before(open_channels):
    page = open_channels()
    page.evaluate("HTMLFormElement.prototype.submit = () => {}")

    press(page, BUTTON)

    page.wait_for_function("() => window.subscribedWith.length === 1")
    assert page.evaluate("[window.asked, window.ended, ...window.subscribedWith]") == [1, 1, [True, 65]]


def test_removing_this_device_ends_its_subscription(open_channels):
    page = open_channels()
    press(page, BUTTON)
    expect_saved(page, "Added.")
    page.evaluate("HTMLFormElement.prototype.submit = () => {}")

    press(page, f"Remove: {Channel.objects.get().label}")

    page.wait_for_function("() => window.ended === 1")


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"answer": "denied"}, "Your browser is set to show no messages of this page."),
        ({"answer": "default"}, "Nothing is added: your browser was not given the permission."),
        ({"works": False}, "Your browser could not be added just now."),
    ],
)
def test_a_refusal_is_said_in_words_and_the_button_works_again(open_channels, facts, words):
    page = open_channels(**facts)
    expect(page.get_by_text(words)).to_be_hidden()

    press(page, BUTTON)

    expect(page.get_by_text(words)).to_be_visible()
    expect(page.get_by_role("button", name=BUTTON)).to_be_enabled()
    assert not Channel.objects.exists()


def test_a_browser_that_is_set_to_refuse_says_so_at_once(open_channels):
    page = open_channels(permission="denied", answer="denied")

    expect(page.get_by_text("Your browser is set to show no messages of this page.")).to_be_visible()


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("delete window.PushManager", "This browser cannot show messages of a page that is closed."),
        (
            "delete window.PushManager; Object.defineProperty(navigator, 'standalone', { get: () => false })",
            "On an iPhone or iPad, first add Brain Log to the home screen",
        ),
    ],
)
def test_a_browser_that_cannot_says_what_can(own_page, push_on, script, words):  # noqa: F811
    own_page.add_init_script(script)
    own_page.goto(CHANNELS)

    expect(own_page.get_by_text(words)).to_be_visible()
    expect(own_page.get_by_role("button", name=BUTTON)).to_be_hidden()


def test_without_javascript_the_page_says_what_needs_it_and_the_rest_works(
    new_page,
    live_server,
    person,
    push_on,  # noqa: F811
    settings,
):
    page = come_in(new_page(java_script_enabled=False), live_server, person)
    with http_server() as server:
        settings.REMINDER_SERVERS = parse_servers([f"ntfy+{server.origin}"])
        page.goto(CHANNELS)
        expect(page.get_by_text("This needs JavaScript.")).to_be_visible()
        expect(page.get_by_role("button", name=BUTTON)).to_be_hidden()

        page.get_by_text("Add one of ntfy").click()
        field(page, "ntfy-topic").fill("no spaces")
        press(page, "Add")
        expect(field(page, "ntfy-topic")).to_have_value("no spaces")
        # The form with its error is open.
        field(page, "ntfy-topic").fill("a-topic")
        press(page, "Add")
        press(page, f"Send me one now: {server.origin.netloc}")

        expect(page.get_by_text("Sent.")).to_be_visible()
        assert len(server.asked) == 1


@pytest.mark.parametrize("width", [320, 390])
def test_the_page_with_everything_on_it_fits_and_is_accessible(open_channels, settings, person, width):
    settings.REMINDER_SERVERS = parse_servers(["ntfy+https://ntfy.example.org", "gotify+https://push.example.org"])
    long = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    for number, label in enumerate((long, "Chrome on Android")):
        Channel.objects.create(
            user=person, kind="ntfy", destination="x", label=label, address_key=number, last_error="http 403"
        )
    page = open_channels(viewport={"width": width, "height": 700})
    press(page, BUTTON)

    expect_saved(page, "Added.")
    assert fits_its_screen(page)
    assert audit(page, number=width) == []


SUBSCRIPTION_ALONE = """
    const subscription = %s;
    PushManager.prototype.getSubscription = async () => null;
    PushManager.prototype.subscribe = async () => ({ toJSON: () => subscription });
"""


def test_what_the_server_sends_is_shown_by_the_worker(new_page, live_server, person, service, browser):  # noqa: F811
    """Only the push service is a stand-in: DevTools deliver what it got, as the browser's maker does."""
    page = come_in(new_page(service_workers="allow"), live_server, person)
    page.context.grant_permissions(["notifications"], origin=live_server.url)
    page.add_init_script(SUBSCRIPTION_ALONE % json.dumps(browser.subscription(service.endpoint)))
    installed(page)
    page.goto(CHANNELS)
    press(page, BUTTON)
    expect_saved(page, "Added.")
    press(page, f"Send me one now: {Channel.objects.get().label}")
    expect_saved(page, "Sent.")

    push(page, live_server, browser.decrypt(service.asked[0].body).decode())

    eventually(page, "async () => (await (await navigator.serviceWorker.ready).getNotifications()).length > 0")
    [shown] = notifications(page)
    assert shown == {
        "title": "Time for your log",
        "body": "You asked for this one, to see that it arrives.",
        "tag": "now",
        "renotify": True,
        "address": f"{live_server.url}{CHANNELS}",
    }


# A browser that replaces its subscription. The worker runs; its push service is a stand-in.

PUSH_SERVICE = """
    (subscription) => {
        self.done = [];
        const current = (text) => !text ? null : {
            endpoint: JSON.parse(text).endpoint,
            toJSON: () => JSON.parse(text),
            unsubscribe: async () => { done.push("ended"); self.subscribed = null; return true; },
        };
        self.subscribed = current(subscription.now);
        PushManager.prototype.permissionState = async () => "granted";
        PushManager.prototype.getSubscription = async () => self.subscribed;
        PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
            done.push(applicationServerKey);
            return (self.subscribed = current(subscription.next));
        };
    }
"""
CHANGE = """async () => {
    const event = new Event("pushsubscriptionchange"), waits = [];
    event.waitUntil = (promise) => waits.push(promise);
    self.dispatchEvent(event);
    await Promise.all(waits);
    return self.done;
}"""


@pytest.fixture
def added(new_page, live_server, person, service, browser):  # noqa: F811
    """Today with its worker, in a browser that the person has added."""
    page = come_in(new_page(service_workers="allow"), live_server, person)
    installed(page)
    subscription = browser.subscription(service.endpoint)
    client = Client()
    client.cookies[settings.SESSION_COOKIE_NAME] = next(
        cookie["value"] for cookie in page.context.cookies() if cookie["name"] == settings.SESSION_COOKIE_NAME
    )
    client.post(f"{CHANNELS}push/add/", {"push-subscription": json.dumps(subscription)})
    assert Channel.objects.get().user == person
    return page


def stand_in(page, browser, now: str = "", following: str = ""):
    """Let the worker have a subscription now, and get another one if it asks. Returns the worker."""
    [worker] = page.context.service_workers
    texts = [json.dumps(browser.subscription(endpoint)) if endpoint else "" for endpoint in (now, following)]
    worker.evaluate(PUSH_SERVICE, dict(zip(("now", "next"), texts, strict=True)))
    return worker


def endpoint() -> str:
    return json.loads(Channel.objects.get().address)["endpoint"]


def another(service) -> str:  # noqa: F811
    """Another address of the same service."""
    return f"{service.server.origin}/send/another"


def test_a_browser_that_has_a_new_subscription_sends_it_by_itself(added, service):  # noqa: F811
    before, new = Channel.objects.get(), Browser()
    worker = stand_in(added, new, now=another(service))

    assert worker.evaluate(CHANGE) == []

    assert endpoint() == another(service)
    after = Channel.objects.get()
    assert (after.pk, after.known_browser_id) == (before.pk, before.known_browser_id)


def test_a_browser_that_lost_its_subscription_subscribes_again_with_the_key_of_the_server(added, service):  # noqa: F811
    worker = stand_in(added, Browser(), following=another(service))

    assert worker.evaluate(CHANGE) == [KINDS["push"].public_key]

    assert endpoint() == another(service)


def test_a_subscription_that_is_dead_is_replaced(added, service):  # noqa: F811
    Channel.objects.update(last_error="gone")
    worker = stand_in(added, Browser(), now=endpoint(), following=another(service))

    assert worker.evaluate(CHANGE) == ["ended", KINDS["push"].public_key]

    assert endpoint() == another(service)


def test_a_device_that_was_removed_elsewhere_ends_its_subscription(added, service):  # noqa: F811
    Channel.objects.all().delete()
    worker = stand_in(added, Browser(), now=another(service))

    assert worker.evaluate(CHANGE) == ["ended"]

    assert not Channel.objects.exists()


def test_a_subscription_that_changed_while_logged_out_is_sent_at_the_next_visit(added, service):  # noqa: F811
    cookies, before = added.context.cookies(), endpoint()
    added.context.clear_cookies()
    worker = stand_in(added, Browser(), now=another(service))
    assert worker.evaluate(CHANGE) == []
    assert endpoint() == before

    added.context.add_cookies(cookies)
    added.goto("/logs/")

    for _look in range(100):
        if endpoint() != before:
            break
        added.wait_for_timeout(50)
    assert endpoint() == another(service)
    assert worker.evaluate("self.done") == []
