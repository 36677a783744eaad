"""Web push: what a push service and a browser get, and what is stored of a subscription."""

import base64
import datetime
import json
import subprocess
import sys
import time

import http_ece
import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from django.utils import timezone
from pytest_django.asserts import assertContains

from accounts.tests.factories import make_person
from brainlog.reminder_servers import PUSH_SERVICES, decode, encode, parse_push_services
from reminders import push
from reminders.channels import KINDS, Message, SendingError
from reminders.models import Channel
from reminders.push import LONGEST_ENDPOINT, endpoint_parts, service_of
from reminders.tests.push_service import CONTACT, KEY, Browser, claims_of, push_service, shown_by

pytestmark = pytest.mark.django_db

ADD = "/accounts/reminders/channels/push/add/"
GOOGLE = "https://fcm.googleapis.com/fcm/send/abc:DEF-123_4"


def message(title="Time for your log", *, minutes=90, tag="log", body="") -> Message:
    worth_until = timezone.now() + datetime.timedelta(minutes=minutes)
    return Message(title=title, body=body, path="/", tag=tag, worth_until=worth_until)


def subscribe(client, browser: Browser, endpoint: str, **headers):
    return client.post(ADD, {"push-subscription": json.dumps(browser.subscription(endpoint))}, headers=headers)


@pytest.fixture
def browser():
    return Browser()


@pytest.fixture
def channel(service, as_person, browser) -> Channel:
    subscribe(as_person, browser, service.endpoint)
    return Channel.objects.get()


def send(channel, *arguments, **options):
    KINDS["push"].prepare(channel)
    KINDS["push"].send(channel, message(*arguments, **options))


def error_of(channel) -> SendingError:
    with pytest.raises(SendingError) as error:
        send(channel)
    return error.value


# ── The message ───────────────────────────────────────────────────────────────────────────────────


def test_the_browser_decrypts_what_the_service_passes_on(service, channel, browser):
    send(channel, "Morning check-in – 9 °C", body="", tag="2026-05-04-morning")

    [request] = service.asked
    assert shown_by(browser, request) == {
        "title": "Morning check-in – 9 °C",
        "body": "",
        "url": "/",
        "tag": "2026-05-04-morning",
    }
    decrypted = http_ece.decrypt(request.body, private_key=browser.key, auth_secret=browser.secret)
    assert decrypted == browser.decrypt(request.body)


def test_no_other_browser_decrypts_it(service, channel):
    send(channel)

    with pytest.raises(InvalidTag):
        Browser().decrypt(service.asked[0].body)


def test_the_browser_of_the_tests_decrypts_the_example_of_the_standard():
    """RFC 8291, section 5."""
    key = ec.derive_private_key(int.from_bytes(decode("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94")), ec.SECP256R1())
    body = (
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )

    content = Browser(key, decode("BTBZMqHH6r4Tts7J_aSIgg")).decrypt(decode(body))

    assert content == b"When I grow up, I want to be a watermelon"


def test_the_request_is_signed_for_this_service(service, channel):
    send(channel)

    claims = claims_of(service.asked[0])
    assert claims["aud"] == str(service.server.origin)
    assert claims["sub"] == CONTACT
    assert time.time() + 60 < claims["exp"] < time.time() + 24 * 60 * 60


def test_each_service_gets_a_token_of_its_own(service, channel, certificates, settings, as_person, browser):
    """A library that writes into the claims that it is given keeps the audience of the first service."""
    with push_service(certificates) as other:
        settings.REMINDER_PUSH_SERVICES += parse_push_services([other.server.origin.netloc])
        elsewhere = Channel.objects.get(pk=channel.pk)
        elsewhere.address = json.dumps(json.loads(channel.address) | {"endpoint": other.endpoint})
        for each in (channel, elsewhere, channel):
            send(each)

    assert [claims_of(request)["aud"] for request in other.asked] == [str(other.server.origin)]
    assert {claims_of(request)["aud"] for request in service.asked} == {str(service.server.origin)}


def test_it_is_kept_for_a_phone_that_is_off_as_long_as_it_is_worth_showing(service, channel):
    for minutes in (90, 60 * 24 * 30, -5):
        send(channel, minutes=minutes)

    lives = [int(request.headers["TTL"]) for request in service.asked]
    assert 89 * 60 < lives[0] <= 90 * 60
    assert lives[1:] == [24 * 60 * 60, 0]
    assert {request.headers["Urgency"] for request in service.asked} == {"high"}


def test_of_repetitions_a_phone_that_was_off_gets_the_last(service, channel):
    for tag in ("2026-05-04-midday", "2026-05-04-midday", "2026-05-04-evening"):
        send(channel, tag=tag)

    first, again, other = (request.headers["Topic"] for request in service.asked)
    assert first == again != other
    assert len(first) == 32 and "midday" not in first


def test_the_length_of_a_message_does_not_say_what_it_is(service, channel):
    for title in ("Time for your log", "Morning check-in", "Your week in review"):
        send(channel, title)

    assert len({len(request.body) for request in service.asked}) == 1


@pytest.mark.parametrize(
    ("status", "is_gone"),
    [(404, True), (410, True), (400, False), (401, False), (403, False), (413, False), (429, False), (500, False)],
)
def test_only_a_subscription_that_is_gone_is_gone(service, channel, status, is_gone):
    service.server.will_answer(status, b"https://push.example.org/capability")

    error = error_of(channel)

    assert (error.code, error.is_gone) == (f"http {status}", is_gone)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(service, channel, status):
    service.server.will_answer(status, Location=f"{service.server.origin}/elsewhere")

    assert error_of(channel).code == f"http {status}"
    assert len(service.asked) == 1


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_any_success_is_one(service, channel, status):
    service.server.will_answer(status)

    send(channel)


def test_a_service_that_is_not_allowed_any_more_is_not_asked(service, channel, settings):
    settings.REMINDER_PUSH_SERVICES = parse_push_services(PUSH_SERVICES)

    assert error_of(channel).code == "not allowed"
    assert service.asked == []


def test_a_service_without_a_port_in_the_setting_is_not_asked_in_a_private_network(service, channel, settings):
    """An entry with a port names this very server; one without names public hosts."""
    settings.REMINDER_PUSH_SERVICES = parse_push_services(["127.0.0.1"])
    details = json.loads(channel.address)
    channel.address = json.dumps(details | {"endpoint": "https://127.0.0.1/send/x"})

    assert error_of(channel).code == "not public"


def test_a_subscription_that_cannot_be_decrypted_is_a_failure(service, channel, keys):
    keys(new=b"n" * 32)

    assert error_of(Channel.objects.get()).code == "unreadable"


def test_the_library_that_encrypts_is_loaded_by_what_sends_only():
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'testing.settings'; import django; django.setup();"
        "import reminders.push; sys.exit('pywebpush' in sys.modules or 'aiohttp' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0  # noqa: S603 (our own code)


# ── Which servers ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "endpoint",
    [
        GOOGLE,
        "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABm~x=",
        "https://eu.push.services.mozilla.com/wpush/v1/x",
        "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2b%2f",
        "https://web.push.apple.com/QGuQyavXutnMH-9M",
        "https://fcm.googleapis.com:443/x",
    ],
)
def test_the_services_of_the_makers_of_browsers_are_allowed(endpoint):
    origin, path = endpoint_parts(endpoint)

    assert service_of(origin) is not None
    assert f"https://{origin.host}{path}" == endpoint.replace(":443", "")


TRICKS = [
    *("http://fcm.googleapis.com/x", "https://fcm.googleapis.com:8443/x", "https://fcm.googleapis.com:0/x"),
    *("https://fcm.googleapis.com:99999/x", "https://fcm.googleapis.com", "ftp://fcm.googleapis.com/x", "", "x"),
    *("https://127.0.0.1/x", "https://[::1]/x", "https://localhost/x", "https://2130706433/x", "https://127.1/x"),
    *("https://０x7f.1/x", "https://fcm.googleapis.com@127.0.0.1/x", "https://127.0.0.1@fcm.googleapis.com/x"),
    "https://127.0.0.1\\@fcm.googleapis.com/x",
    "https://127.0.0.1\\.push.apple.com/x",
    "https://fcm.googleapis.com\\@127.0.0.1/x",
    "https://127.0.0.1#.push.apple.com/x",
    "https://127.0.0.1?.push.apple.com/x",
    "https://127.0.0.1/.push.apple.com/x\\",
    "https://fcm.googleapis.com.example.org/x",
    "https://evil-fcm.googleapis.com/x",
    "https://evilpush.apple.com/x",
    "https://push.apple.com/x",
    "https://.push.apple.com/x",
    "https://a..push.apple.com/x",
    "https://fcm.googleapis.com./x",
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com/a\r\nHost: x",
    "https://fcm.googleapis.com/ä",
    "https://fcm.googleapis。com/x",
    " https://fcm.googleapis.com/x",
    "https://fcm.googleapis.com/x\n",
    "https://fcm.googleapis.com/" + "x" * LONGEST_ENDPOINT,
    f"https://{'a' * 300}.push.apple.com/x",
]


@pytest.mark.parametrize("endpoint", TRICKS)
def test_another_server_is_neither_stored_nor_asked(push_on, as_person, browser, endpoint):
    answer = subscribe(as_person, browser, endpoint)

    assert answer.status_code == 200
    assertContains(answer, 'role="alert"')
    assert not Channel.objects.exists()


KEYS = Browser().subscription(GOOGLE)["keys"]
OFF_THE_CURVE = encode(b"\4" + b"\1" * 64)
COMPRESSED = encode(b"\2" + decode(KEYS["p256dh"])[1:33])


@pytest.mark.parametrize(
    "sent",
    [
        *("", "{", "null", "[]", "1", '"x"', "{}", "[" * 3000, '{"endpoint": 1}', json.dumps({"endpoint": GOOGLE})),
        json.dumps({"endpoint": GOOGLE, "keys": []}),
        json.dumps({"endpoint": GOOGLE, "keys": {"p256dh": KEYS["p256dh"]}}),
        json.dumps({"endpoint": [GOOGLE], "keys": KEYS}),
        *(
            json.dumps({"endpoint": GOOGLE, "keys": KEYS | changed})
            for changed in (
                *({"p256dh": None}, {"p256dh": 5}, {"p256dh": ""}, {"p256dh": "ä"}, {"p256dh": OFF_THE_CURVE}),
                *({"p256dh": COMPRESSED}, {"p256dh": KEYS["p256dh"][:-3]}, {"auth": ""}, {"auth": encode(b"x" * 15)}),
                *({"auth": encode(b"x" * 17)}, {"auth": "\0"}, {"p256dh": encode(b"x" * 65)}),
            )
        ),
        json.dumps({"endpoint": GOOGLE, "keys": KEYS | {"p256dh": "A" * 10_000}}),
    ],
)
def test_a_subscription_that_is_none_is_answered_with_a_sentence(push_on, as_person, sent):
    answer = as_person.post(ADD, {"push-subscription": sent})

    assert answer.status_code == 200
    assertContains(answer, 'role="alert"')
    assert not Channel.objects.exists()


def test_ten_megabytes_of_key_are_refused(push_on, as_person):
    assert as_person.post(ADD, {"push-subscription": "x" * 10_000_000}).status_code == 413


# ── What is stored ────────────────────────────────────────────────────────────────────────────────

PIXEL = "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Mobile Safari/537.36"


def test_a_device_has_a_name_and_its_secrets_are_encrypted(push_on, as_person, browser):
    answer = subscribe(as_person, browser, GOOGLE, user_agent=PIXEL)

    assert answer.status_code == 302
    channel = Channel.objects.get()
    assert (channel.kind, channel.destination, channel.label) == ("push", "fcm.googleapis.com", "Chrome on Android")
    assert channel.known_browser_id == channel.user.sessions.get().known_browser_id is not None
    stored = str(Channel.objects.values_list())
    subscription = browser.subscription(GOOGLE)
    assert not [text for text in ("fcm/send", *subscription["keys"].values(), "Android") if text in stored]
    page = as_person.get(answer.url)
    assertContains(page, "Chrome on Android · this one")
    assertContains(page, "This device is added.")


def test_a_browser_that_subscribes_again_has_one_row(push_on, as_person, browser):
    subscribe(as_person, browser, GOOGLE)
    Channel.objects.update(failures=3, last_error="http 403", retry_at=timezone.now())
    first = Channel.objects.get()

    subscribe(as_person, Browser(), GOOGLE)
    again = Channel.objects.get()
    subscribe(as_person, browser, f"{GOOGLE}-new")

    assert (again.pk, again.failures, again.last_error, again.retry_at) == (first.pk, 0, "", None)
    assert again.address != first.address
    assert "-new" in Channel.objects.get().address


def test_a_browser_reminds_the_person_who_added_it_last(push_on, client, as_person, browser):
    """A browser has one subscription. Without this, it would show the reminders of two people."""
    other = make_person()
    subscribe(as_person, browser, GOOGLE)
    client.force_login(other)
    subscribe(client, browser, GOOGLE)

    assert Channel.objects.get().user == other


def test_without_a_key_of_the_server_it_is_off(as_person, browser):
    assert not KINDS["push"].is_configured()
    assert subscribe(as_person, browser, GOOGLE).status_code == 404


def test_the_page_gives_the_public_key_of_the_server(push_on, as_person):
    page = as_person.get("/accounts/reminders/channels/")

    assertContains(page, f'data-key="{KINDS["push"].public_key}"')
    point = base64.urlsafe_b64decode(KINDS["push"].public_key + "=")
    assert len(point) == 65
    assert point == push.point_of(push.private_key(KEY).public_key())


def test_it_is_off_without_the_service_worker(settings, push_on):
    assert KINDS["push"].is_configured()
    settings.SERVICE_WORKER = False
    assert not KINDS["push"].is_configured()
