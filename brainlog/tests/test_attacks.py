"""Requests of attackers, which our pages never send: a clear response, nothing written, never a server error.

Requests over a raw socket are tested in operations/tests/test_request_limits.py, invalid data of forms with each form.
"""

from urllib.parse import urljoin, urlsplit

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains

from accounts.models import User
from accounts.tests.codes import CONFIRM, code_of, switch_on
from accounts.tests.factories import PASSWORD, make_person
from brainlog.tests.addresses import ADDRESSES, DAY
from brainlog.tests.test_access import everything_of, maria, rolled_back  # noqa: F401
from logs.tests.factories import make_full_log

LOGIN, SIGN_UP, RESET = (reverse(f"accounts:{name}") for name in ("login", "signup", "reset"))
FORM = "application/x-www-form-urlencoded"

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


# Addresses

HUGE = "9" * 30
LONGER_THAN_PYTHON_READS = "9" * 5_000
NOWHERE = [
    "/%2e%2e/manage.py",
    "/logs/..%2f..%2fadmin/",
    "/logs/%2e%2e/",
    "/%c0%ae%c0%ae/",
    "/%ff%fe/",
    "/%00/",
    "/" + "a" * 3_000,
    "/logs/2026-5-4/",
    "/logs/2026-02-30/",
    "/logs/%D9%A2%D9%A0%D9%A2%D9%A6-05-04/",
    "/logs/0000-01-01/",
    "/logs/9999-12-31/",
    "/logs/2026-05-04/%00/",
    f"/logs/medications/{HUGE}/",
    f"/logs/medications/{LONGER_THAN_PYTHON_READS}/",
    f"/accounts/passkeys/{LONGER_THAN_PYTHON_READS}/remove/",
    "/reflections/numbers/0000/",
    "/reflections/numbers/2026-13/",
    "/logs/?page=%00",
    "/logs/?page=0",
    "/logs/?page=1e400",
    "/logs/?page=NaN",
    f"/logs/?page={HUGE}",
    f"/logs/?page={LONGER_THAN_PYTHON_READS}",
    "/logs/?month=%00",
    "/logs/?month=0000-00",
    f"/reflections/?page={LONGER_THAN_PYTHON_READS}",
    f"/accounts/events/?page={LONGER_THAN_PYTHON_READS}",
    "/accounts/events/?page=%00",
]


def test_unknown_urls_are_404(as_person):
    for path in NOWHERE:
        assertContains(as_person.get(path), "There is nothing here", status_code=404, msg_prefix=path[:60])


# With tokens or pages that never existed.
THERE = [
    "/accounts/email/%00/",
    "/accounts/email/a%00b:c:d/",
    "/accounts/reset/%00/%00/",
    "/accounts/reset/%C3%A9/x/",
    f"/accounts/reset/{LONGER_THAN_PYTHON_READS}/a-b/",
    "/logs/?page=1&page=1",
    "/?%00=%00&%ff",
]


def test_known_urls_are_200(as_person):
    for path in THERE:
        assert as_person.get(path).status_code == 200, path[:60]


@pytest.mark.parametrize(
    "day", ["", "%00", "2026-5-4", "0000-01-01", "9999-12-31", HUGE, "2026-05-04%0d%0aSet-Cookie:a=b", "//evil.example"]
)
def test_an_invalid_date_is_rejected(as_person, day):
    response = as_person.get(f"/reflections/other/?day={day}")

    assert (response.status_code, response.url) == (302, reverse("reflections:list"))


@pytest.mark.parametrize("path", ["//evil.example/logs", "///evil.example", "/%2Fevil.example/logs", "/\\evil.example"])
def test_append_slash_does_not_redirect_to_another_host(client, path):
    response = client.get(path, **{"PATH_INFO": path})

    assert response.status_code == 404 or urlsplit(urljoin("http://testserver/", response.url)).netloc == "testserver"


ADMIN_QUERIES = [
    "logs/dailylog/?q=%00",
    "logs/dailylog/?date__year=99999",
    "logs/dailylog/?date__year=2026&date__month=2&date__day=31",
    f"logs/dailylog/?p={HUGE}",
    f"logs/dailylog/?p={LONGER_THAN_PYTHON_READS}",
    "logs/dailylog/?o=%00.99",
    "accounts/user/?is_staff__exact=%00",
    "accounts/user/%00/change/",
    f"accounts/user/{HUGE}/change/",
    f"accounts/user/1/history/?p={HUGE}",
    "autocomplete/?app_label=logs&model_name=dose&field_name=medication&term=%00",
]


def test_the_admin_survives_them(client, maria):  # noqa: F811
    client.force_login(make_person(is_staff=True, is_superuser=True))

    for query in ADMIN_QUERIES:
        assert client.get(f"/admin/{query}").status_code in {200, 302}, query[:60]


# Redirects: every URL with the parameter `next`

ELSEWHERE = [
    "0",
    "evil.example",
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    "https:evil.example",
    "https:/evil.example",
    "http:///evil.example",
    "javascript:alert(1)",
    "data:text/html,evil",
    "//evil.example\\@testserver/",
]


def goes_on_here(response) -> bool:
    """Whether it leads to a path of this site that does not depend on the page it is sent from."""
    return response.url.startswith("/") and urlsplit(urljoin("http://testserver/", response.url)).netloc == "testserver"


def by_login(client, there):
    make_person(username="ada")
    return client.post(LOGIN, {"username": "ada", "password": PASSWORD, "next": there})


def by_sign_up(client, there):
    new = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC", "next": there}
    return client.post(SIGN_UP, new)


def by_confirming(client, there):
    client.force_login(make_person())
    return client.post(CONFIRM, {"password": PASSWORD, "next": there})


def by_logging_out(client, there):
    client.force_login(make_person())
    return client.post(reverse("accounts:logout"), {"next": there})


def by_code(client, there):
    owner = Client()
    owner.force_login(make_person(username="ada"))
    secret, _codes = switch_on(owner)
    client.post(LOGIN, {"username": "ada", "password": PASSWORD, "next": there})
    return client.post(reverse("accounts:code"), {"code": code_of(secret), "next": there})


def by_the_admin(client, there):
    client.force_login(make_person(is_staff=True))
    return client.post("/admin/login/", {"next": there})


WAYS = [by_login, by_sign_up, by_confirming, by_logging_out, by_code, by_the_admin]


@pytest.mark.once
@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_no_open_redirects(way):
    for there in [*ELSEWHERE, "/\r\nSet-Cookie: evil=1"]:
        with rolled_back():
            response = way(Client(), there)

        assert response.status_code == 302 and goes_on_here(response), there
        assert "Set-Cookie" not in response.headers and "evil" not in response.cookies


@pytest.mark.parametrize("path", [LOGIN, SIGN_UP])
def test_no_page_contains_an_external_next_url(client, path):
    for there in ELSEWHERE:
        assertNotContains(client.get(path, {"next": there}), "evil.example")


# Headers


@pytest.mark.matrix
@pytest.mark.parametrize("name", ["sessionid", "csrftoken", "known_browser", "passkey", "messages", "django_language"])
@pytest.mark.parametrize(
    "value",
    ['"\\000aaaaaaaaaaaa"', '"\\377\\376aaaaaaaa"', "é" * 20, "x" * 8_000, "' OR 1=1"],
    ids=["NUL", "no characters", "accents", "8 KB", "SQL"],
)
def test_no_cookie_breaks_anything(name, value):
    """In quotes, \\000 is decoded to a NUL."""
    cookie = {"cookie": f"{name}={value}"}

    assert Client().get(reverse("logs:history"), headers=cookie).status_code == 302
    wrong = Client().post(LOGIN, {"username": "maria", "password": "wrong"}, headers=cookie)
    assert wrong.status_code == 200 and "_auth_user_id" not in wrong.wsgi_request.session


@pytest.mark.matrix
@pytest.mark.parametrize(
    "name", ["Accept-Language", "User-Agent", "Accept", "Accept-Encoding", "Referer", "If-None-Match"]
)
@pytest.mark.parametrize(
    "value",
    ["\0", "x" * 8_000, "../../etc/passwd", "de;q=1e999", "\r\nX-Injected: 1"],
    ids=["NUL", "8 KB", "a path", "a number", "another header"],
)
def test_no_header_breaks_anything(as_person, name, value):
    response = as_person.get("/", headers={name: value})

    assert response.status_code == 200 and "X-Injected" not in response.headers


def test_without_a_trusted_proxy_x_forwarded_proto_is_ignored(client, settings):
    settings.SECURE_SSL_REDIRECT = True
    said = {"X-Forwarded-Proto": "https", "X-Forwarded-Ssl": "on", "Forwarded": "proto=https"}

    assert client.get("/", headers=said).status_code == 301
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # by BEHIND_PROXY
    assert client.get("/", headers=said).status_code == 200


@pytest.mark.parametrize("header", ["X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-Host"])
def test_no_header_changes_the_origin_of_links_in_mails(client, settings, header):
    settings.HAS_EMAIL = True
    make_person(username="maria", email="maria@example.org").emailaddress_set.create(
        email="maria@example.org", verified=True, primary=True
    )

    client.post(RESET, {"email": "maria@example.org"}, headers={header: "evil.example"})

    [message] = mail.outbox
    assert "http://testserver/accounts/reset/" in message.body and "evil" not in message.body


@pytest.mark.parametrize(
    "address",
    ["a@example.org\nBcc: b@example.org", "a@example.org\r\n\r\nHello", "a@example.org, b@example.org", "a@é\0.org"],
)
def test_no_header_injection_in_mails(client, settings, address):
    settings.HAS_EMAIL = True
    new = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC"}

    assert client.post(RESET, {"email": address}).context["form"].errors
    assert client.post(SIGN_UP, new | {"email": address}).context["form"].errors
    assert not mail.outbox and not User.objects.exists()


@pytest.mark.parametrize(
    "how", [{"headers": {"X-HTTP-Method-Override": "POST"}}, {"query_params": {"_method": "POST"}}]
)
def test_method_override_is_ignored(as_person, person, how):
    make_full_log(person, DAY)

    assert as_person.get(reverse("logs:delete", args=[DAY]), **how).status_code == 200
    assert as_person.get(reverse("logs:not_tracked", args=[DAY]), **how).status_code == 405
    assert person.daily_logs.count() == 1


# Bodies

ENTITIES = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><username>&a;</username>'
PART = '--b\r\nContent-Disposition: form-data; name="username"\r\n'
NO_FORMS = {
    "JSON": ("application/json", '{"username": "maria", "password": "x"}'),
    "JSON without end": ("application/json", "[" * 100_000),
    "XML": ("application/xml", ENTITIES),
    "plain text": ("text/plain", "username=maria"),
    "no type": ("", "username=maria"),
    "parts without a boundary": ("multipart/form-data", PART),
    "parts with a bad boundary": ("multipart/form-data; boundary=\0", PART),
    "parts that never end": ("multipart/form-data; boundary=b", PART),
    "a part that is no base64": (
        "multipart/form-data; boundary=b",
        f"{PART}Content-Transfer-Encoding: base64\r\n\r\na\r\n",
    ),
    "a part without a name": (
        "multipart/form-data; boundary=b",
        "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
    ),
    "UTF-16": (f"{FORM}; charset=utf-16", "username=maria"),
    "UTF-7": (f"{FORM}; charset=utf-7", "username=+AGE-"),
    "no such character set": (f"{FORM}; charset=none", "username=maria"),
    "too many fields": (FORM, "a=1&" * 501),
    "nothing but signs": (FORM, "=&&==&%&%%%&\0"),
}


TAKES_FORMS = [address for address in ADDRESSES if address.other[1] != 405]


@pytest.mark.once
def test_malformed_bodies_are_empty_forms_or_refused(client):
    client.force_login(make_person(username="other"))
    session, wrong = client.cookies["sessionid"].value, []

    def answer(address, content_type, sent):
        client.cookies.clear()
        client.cookies["sessionid"] = session
        with rolled_back():
            response = client.generic("POST", address.path, sent, content_type)
        return response.status_code, response.get("Location")

    for address in TAKES_FORMS:
        as_empty = answer(address, FORM, "")
        for what, body in NO_FORMS.items():
            found = answer(address, *body)
            if found != as_empty and found[0] != 400:
                wrong.append((address.path, what, found))

    assert wrong == []


def test_valid_forms_are_distinguished_from_empty_ones(client):
    """Shows that the test above can fail."""
    assert client.generic("POST", LOGIN, "username=maria", FORM).context["form"]["username"].value() == "maria"
    assert client.generic("POST", LOGIN, "", FORM).context["form"]["username"].value() is None


@pytest.mark.parametrize(
    ("path", "sent", "field"),
    [
        (
            "/accounts/profile/",
            "timezone=UTC&timezone=Mars&theme=dark&day_ends_at=1&week_starts_on=monday&hour_format=24&date_format=iso",
            "timezone",
        ),
        (
            "/accounts/profile/",
            "timezone=UTC&theme=dark&theme=x&day_ends_at=1&week_starts_on=monday&hour_format=24&date_format=iso",
            "theme",
        ),
        (f"/logs/{DAY}/morning/", "sleep_hours=7&sleep_hours=99&sleep_quality=5&morning_mood=5", "sleep_hours"),
        (f"/logs/{DAY}/evening/", "overall_mood=5&overall_mood=11&day_rating=5", "overall_mood"),
    ],
)
def test_of_a_repeated_field_one_value_is_used_and_validated(as_person, person, path, sent, field):
    make_full_log(person, DAY)
    before = everything_of(person)

    response = as_person.generic("POST", path, sent, FORM)

    assert list(response.context["form"].errors) == [field]
    if path.startswith("/logs/"):
        # The other answers are stored.
        assert getattr(person.daily_logs.get(), field) == getattr(make_full_log(date=DAY), field)
    else:
        assert everything_of(person) == before


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [
        (f"/logs/{DAY}/undo/", "envelope", 404),
        (f"/logs/{DAY}/not-tracked/", "reason", 302),
        ("/accounts/sessions/end/", "session", 302),
    ],
)
def test_what_a_button_sends_may_be_anything(as_person, person, path, name, status):
    make_full_log(person, DAY)
    before = everything_of(person)

    for sent in ("\0", HUGE, LONGER_THAN_PYTHON_READS, "1e400", "NaN", "a:b:c", ".eJx:1:x", "é" * 100, ["a", "b"]):
        assert as_person.post(path, {name: sent}).status_code == status, sent[:20]

    assert everything_of(person) == before
