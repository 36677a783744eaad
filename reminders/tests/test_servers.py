"""ntfy and Gotify, by their APIs: docs.ntfy.sh/publish and gotify.net/api-docs."""

import datetime
import json

import pytest
from django.utils import timezone
from pytest_django.asserts import assertContains

from brainlog.reminder_servers import parse_servers
from reminders.channels import KINDS, Message, SendingError
from reminders.models import Channel
from reminders.tests.servers import http_server

pytestmark = pytest.mark.django_db

PAGE = "/accounts/reminders/channels/"


def message(body="") -> Message:
    worth_until = timezone.now() + datetime.timedelta(hours=1)
    return Message(title="Time for your log – now", body=body, path="/logs/", tag="log", worth_until=worth_until)


@pytest.fixture
def ntfy(settings, certificates, trusted):
    """ntfy with one topic, which its token may write to."""
    with http_server(certificates) as server:
        settings.REMINDER_SERVERS += parse_servers([f"ntfy+{server.origin}"])
        server.answer = lambda request: answer_of_ntfy(request)
        yield server


def answer_of_ntfy(request):
    if request.path != "/" or not isinstance(request.json.get("topic"), str) or not request.json.get("message"):
        return 400, {}, b'{"code": 40000}'
    if request.headers.get("Authorization") not in (None, "Bearer tk_right"):
        return 401, {}, b'{"code": 40101}'
    said = {"id": "x", "event": "message", "topic": request.json["topic"], "message": request.json["message"]}
    return 200, {"Content-Type": "application/json"}, json.dumps(said).encode()


@pytest.fixture
def gotify(settings):
    """Gotify with one application."""
    with http_server() as server:
        settings.REMINDER_SERVERS += parse_servers([f"gotify+{server.origin}"])
        server.answer = lambda request: answer_of_gotify(request)
        yield server


def answer_of_gotify(request):
    if request.headers.get("X-Gotify-Key") != "A-right.token":
        return 401, {}, b'{"error": "Unauthorized"}'
    if request.path != "/message" or not request.json.get("message"):
        return 400, {}, b'{"error": "Bad Request"}'
    return 200, {}, json.dumps({"id": 1, "appid": 1, "message": request.json["message"]}).encode()


def add(client, kind, server, **answers):
    sent = {f"{kind}-{name}": value for name, value in ({"server": str(server.origin)} | answers).items()}
    return client.post(f"{PAGE}{kind}/add/", sent)


def send(kind, **options) -> None:
    KINDS[kind].send(Channel.objects.get(kind=kind), message(**options))


def error_of(kind) -> str:
    with pytest.raises(SendingError) as error:
        send(kind)
    assert not error.value.is_gone
    return error.value.code


def test_ntfy_gets_a_message_that_leads_to_the_log(as_person, ntfy, settings):
    settings.SITE_URL = "https://log.example.org/"
    add(as_person, "ntfy", ntfy, topic="a-topic")

    send("ntfy")
    send("ntfy", body="You asked for it.")

    neutral, longer = (request.json for request in ntfy.asked)
    click = {"topic": "a-topic", "click": "https://log.example.org/logs/", "priority": 4}
    assert neutral == click | {"message": "Time for your log – now"}
    assert longer == click | {"title": "Time for your log – now", "message": "You asked for it."}
    assert "Authorization" not in ntfy.asked[0].headers


def test_ntfy_gets_the_access_token_of_the_person(as_person, ntfy):
    add(as_person, "ntfy", ntfy, topic="a-topic", token="tk_right")

    send("ntfy")

    assert ntfy.asked[0].headers["Authorization"] == "Bearer tk_right"


def test_gotify_gets_a_message_of_the_application(as_person, gotify, settings):
    settings.SITE_URL = "https://log.example.org"
    add(as_person, "gotify", gotify, token="A-right.token")

    send("gotify")

    [request] = gotify.asked
    assert request.json == {
        "message": "Time for your log – now",
        "priority": 8,
        "extras": {"client::notification": {"click": {"url": "https://log.example.org/logs/"}}},
    }


@pytest.mark.parametrize("kind", ["ntfy", "gotify"])
def test_a_wrong_token_is_a_failure(as_person, ntfy, gotify, kind):
    add(as_person, kind, ntfy if kind == "ntfy" else gotify, topic="t", token="wrong")

    assert error_of(kind) == "http 401"


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        *((status, b"{}", f"http {status}") for status in (301, 302, 307, 404, 410, 429, 500, 507)),
        (200, b"<html>Log in to the proxy</html>", "another server"),
        (200, b"[]", "another server"),
        (200, b"7", "another server"),
        (200, b"\xff", "another server"),
        (200, b"[" * 15_000, "another server"),
        (200, b" " * 20_000, "answer too long"),
    ],
)
def test_what_is_no_success_is_a_failure(as_person, ntfy, status, body, code):
    add(as_person, "ntfy", ntfy, topic="a-topic")
    ntfy.will_answer(status, body, Location=f"{ntfy.origin}/login")

    assert error_of("ntfy") == code
    assert len(ntfy.asked) == 1


def test_a_server_that_the_operator_removed_is_not_asked(as_person, ntfy, settings):
    add(as_person, "ntfy", ntfy, topic="a-topic")
    settings.REMINDER_SERVERS = parse_servers(["ntfy+https://ntfy.example.org"])

    assert error_of("ntfy") == "not allowed"
    assert ntfy.asked == []


def test_a_server_of_one_kind_is_not_offered_for_the_other(as_person, ntfy, gotify):
    page = as_person.get(PAGE)

    assert [section["form"].fields["server"].choices for section in page.context["sections"]] == [
        [(str(ntfy.origin), ntfy.origin.netloc)],
        [(str(gotify.origin), gotify.origin.netloc)],
    ]
    assert add(as_person, "ntfy", gotify, topic="t").status_code == 200
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    "server",
    [
        *("https://example.org", "http://127.0.0.1:1", "http://169.254.169.254", "", "file:///etc/passwd"),
        "{}@example.org",
        "{}/elsewhere",
        "{}\\@example.org",
        " {}",
    ],
)
def test_a_person_names_no_server(as_person, ntfy, server):
    sent = {"ntfy-server": server.format(ntfy.origin), "ntfy-topic": "t"}

    answer = as_person.post(f"{PAGE}ntfy/add/", sent)

    assert answer.status_code == 200
    assertContains(answer, 'role="alert"')
    assert not Channel.objects.exists()


@pytest.mark.parametrize("topic", ["", "a b", "a/b", "ä", "x" * 65, "a\r\nb", "a?b", "../v1/account", "\0"])
def test_a_topic_that_is_none_is_refused(as_person, ntfy, topic):
    assert add(as_person, "ntfy", ntfy, topic=topic).status_code == 200
    assert not Channel.objects.exists()


def test_spaces_around_a_topic_are_no_part_of_it(as_person, ntfy):
    assert add(as_person, "ntfy", ntfy, topic=" a-topic\n").status_code == 302
    assert json.loads(Channel.objects.get().address)["topic"] == "a-topic"


@pytest.mark.parametrize("token", ["a b", "a\r\nHost: example.org", "ä", "x" * 201, "\0"])
@pytest.mark.parametrize("kind", ["ntfy", "gotify"])
def test_a_token_that_could_become_another_header_is_refused(as_person, ntfy, gotify, kind, token):
    answer = add(as_person, kind, ntfy if kind == "ntfy" else gotify, topic="t", token=token)

    assert answer.status_code == 200
    assert not Channel.objects.exists()


def test_a_server_with_a_long_name_is_its_label_cut_to_what_fits(as_person, settings):
    origin = f"https://{'a-rather-long-name.' * 8}example.org"
    settings.REMINDER_SERVERS = parse_servers([f"ntfy+{origin}"])

    answer = as_person.post(f"{PAGE}ntfy/add/", {"ntfy-server": origin, "ntfy-topic": "a-topic"})

    assert answer.status_code == 302
    channel = Channel.objects.get()
    assert len(channel.label) == 100 and channel.destination.startswith(channel.label)


def test_topic_and_token_are_encrypted(as_person, ntfy):
    add(as_person, "ntfy", ntfy, topic="a-secret-topic", token="tk_a_secret", label="My phone")

    stored = str(Channel.objects.values_list())
    assert not [text for text in ("a-secret-topic", "tk_a_secret", "My phone") if text in stored]
    channel = Channel.objects.get()
    assert (channel.label, channel.destination) == ("My phone", ntfy.origin.netloc)


def test_the_same_topic_is_stored_once_for_each_person(as_person, ntfy):
    for _number in range(2):
        add(as_person, "ntfy", ntfy, topic="a-topic")
    add(as_person, "ntfy", ntfy, topic="another")

    assert Channel.objects.count() == 2
