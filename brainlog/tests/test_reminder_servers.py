"""The settings of reminders: what is accepted, and what keeps the site from starting."""

import re

import pytest
from django.core.exceptions import ImproperlyConfigured

from brainlog.reminder_servers import (
    PUSH_SERVICES,
    Origin,
    parse_push_contact,
    parse_push_key,
    parse_push_services,
    parse_servers,
)
from brainlog.tests.test_settings import GIVEN, folder, run, wrong  # noqa: F401
from reminders.push import point_of, private_key

pytestmark = pytest.mark.once

KEY = "R5Opc6rwHiCGVzo6yp1lEqwnP_1ZVWiYDYBO_6s95b4"
PUSH = {"REMINDER_PUSH_KEY": KEY, "REMINDER_PUSH_CONTACT": "mailto:keeper@example.org"}


@pytest.mark.parametrize(
    ("text", "kind", "origin"),
    [
        ("ntfy+https://ntfy.example.org", "ntfy", "https://ntfy.example.org"),
        ("gotify+https://Push.Example.org:8443/", "gotify", "https://push.example.org:8443"),
        ("ntfy+https://ntfy.example.org:443", "ntfy", "https://ntfy.example.org"),
        ("ntfy+http://ntfy", "ntfy", "http://ntfy"),
        ("ntfy+http://10.0.0.8:8080", "ntfy", "http://10.0.0.8:8080"),
        ("gotify+http://[fd00::8]:80", "gotify", "http://[fd00::8]"),
    ],
)
def test_a_server_is_a_kind_and_an_origin(text, kind, origin):
    [server] = parse_servers([text])

    assert (server.kind, str(server.origin)) == (kind, origin)


@pytest.mark.parametrize(
    "text",
    [
        *("ntfy.example.org", "https://ntfy.example.org", "apprise+https://example.org", "ntfy+ftp://example.org"),
        *(
            "ntfy+https://",
            "ntfy+https://a:b@example.org",
            "ntfy+https://example.org/path",
            "ntfy+https://example.org?x",
        ),
        *(
            "ntfy+https://example.org:0",
            "ntfy+https://example.org:99999",
            "ntfy+https://example.org:",
            "ntfy+https://a b",
        ),
        *("ntfy+https://2130706433", "ntfy+https://127.1", "ntfy+https://0x7f.1", "ntfy+https://1.2.3.999"),
        *(
            "ntfy+https://[::1",
            "ntfy+https://[::x]",
            "ntfy+https://-a.org",
            "ntfy+https://a..org",
            "ntfy+https://ä.org",
        ),
        *("ntfy+https://example.org\\@evil.org", "ntfy+https://example.org#x", f"ntfy+https://{'a.' * 200}org"),
    ],
)
def test_what_is_no_server_is_refused_without_repeating_it(text):
    with pytest.raises(ImproperlyConfigured) as error:
        parse_servers(["ntfy+https://ntfy.example.net", text])

    assert str(error.value).startswith("REMINDER_SERVERS: entry 2 must be such as ntfy+https://ntfy.example.org or ")


def test_a_server_is_named_once():
    with pytest.raises(ImproperlyConfigured, match="names a server twice"):
        parse_servers(["ntfy+https://ntfy.example.org", "ntfy+https://ntfy.example.org:443/"])


@pytest.mark.parametrize(
    ("entry", "included", "others"),
    [
        ("push.example.org", ["push.example.org"], ["a.push.example.org", "xpush.example.org", "example.org"]),
        ("*.example.org", ["push.example.org", "a.b.example.org"], ["example.org", "xexample.org", "example.org.evil"]),
    ],
)
def test_a_push_service_is_a_host_or_all_below_it(entry, included, others):
    [service] = parse_push_services([entry])

    assert all(service.includes(Origin("https", host, 443)) for host in included)
    assert not any(service.includes(Origin("https", host, 443)) for host in others)
    assert not service.includes(Origin("http", included[0], 443))
    assert not service.includes(Origin("https", included[0], 8443))
    assert not service.is_named_server


def test_a_push_service_with_a_port_is_that_very_server():
    [service] = parse_push_services(["push.lan:8443"])

    assert service.is_named_server
    assert service.includes(Origin("https", "push.lan", 8443))
    assert not service.includes(Origin("https", "push.lan", 443))
    assert not any(each.is_named_server for each in parse_push_services(PUSH_SERVICES))


@pytest.mark.parametrize(
    "text",
    ["*", "*.org", "*.*.org", "a.*.org", "https://a.org", "a.org/", "*.a.org:443", "a.org:0", "127.1", "a b", ""],
)
def test_what_is_no_push_service_is_refused(text):
    with pytest.raises(ImproperlyConfigured, match="REMINDER_PUSH_SERVICES: entry 1"):
        parse_push_services([text])


@pytest.mark.parametrize(
    "text", ["mailto:keeper@example.org", "mailto:a.b+c@log.example.org", "https://log.example.org", "MAILTO:a@b.org"]
)
def test_a_contact_that_push_services_accept(text):
    assert parse_push_contact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        *("keeper@example.org", "mailto:keeper", "mailto:@example.org", "mailto:keeper@localhost", "https://localhost"),
        *(
            "mailto:a@log.local",
            "mailto:a@example.invalid",
            "mailto:a@log.lan",
            "https://log.home.arpa",
            "http://a.org",
        ),
        *(
            "https://log.example.org:8443",
            "https://log.example.org/contact",
            "https://log.example.org/",
            "mailto:a@10.0.0.8",
        ),
        *("https://93.184.216.34", "mailto:a b@example.org", "mailto:a@example.org\n", "tel:112", "mailto:a@1.2.3"),
    ],
)
def test_a_contact_that_some_push_service_refuses(text):
    with pytest.raises(ImproperlyConfigured, match="REMINDER_PUSH_CONTACT: must be such as mailto:keeper@example.org"):
        parse_push_contact(text)


@pytest.mark.parametrize("text", ["S3cr3t", KEY[:-1], KEY + "A", "A" * 43, "_" * 43, KEY[:-1] + "ä", f"{KEY}\n{KEY}"])
def test_a_key_that_is_none_is_refused_without_repeating_it(text):
    with pytest.raises(ImproperlyConfigured) as error:
        parse_push_key(text)

    assert str(error.value) == "REMINDER_PUSH_KEY: is no key. manage.py make_key --push prints one."


def test_make_key_prints_a_key_before_anything_is_configured(folder):  # noqa: F811
    keys = {run(folder, "manage.py", "make_key", "--push").stdout.strip() for _number in range(2)}

    assert len(keys) == 2
    for key in keys:
        assert re.fullmatch(r"[\w-]{43}", key)
        assert len(point_of(private_key(parse_push_key(key)).public_key())) == 65


def test_all_that_is_wrong_is_reported_at_once(folder):  # noqa: F811
    environment = {
        "REMINDER_PUSH_KEY": "S3cr3t",
        "REMINDER_PUSH_CONTACT": "mailto:keeper@localhost",
        "REMINDER_PUSH_SERVICES": "*",
        "REMINDER_SERVERS": "https://a:S3cr3t@example.org",
    }
    result = run(folder, "manage.py", "check", **GIVEN | environment)

    assert [sentence.partition(":")[0] for sentence in wrong(result)] == list(environment)
    assert "S3cr3t" not in result.stderr


@pytest.mark.parametrize("name", PUSH)
def test_key_and_contact_are_set_together(folder, name):  # noqa: F811
    result = run(folder, "manage.py", "check", **GIVEN | {name: PUSH[name]})

    assert wrong(result) == ["REMINDER_PUSH_KEY, REMINDER_PUSH_CONTACT: set all of them, or none."]


def test_with_settings_the_site_starts(folder):  # noqa: F811
    environment = PUSH | {"REMINDER_SERVERS": "ntfy+https://ntfy.example.org,gotify+https://push.example.org"}

    assert run(folder, "manage.py", "check", **GIVEN | environment).returncode == 0
