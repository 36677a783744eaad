"""Limits of request bodies: a body that is too large is refused before any of it is read."""

import io

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from django.urls import reverse

from accounts.models import Session
from accounts.tests.factories import PASSWORD, make_person
from brainlog.body_size import CHUNK
from brainlog.tests.addresses import ADDRESSES, ADMIN, SUNDAY
from logs.models import DailyLog
from logs.tests.pages import check_in_url, day_url

pytestmark = [pytest.mark.once, pytest.mark.django_db]

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
HEADING = "That is too much at once"
LONG_TEXTS = {
    *(check_in_url(stage) for stage in ("morning", "medication", "midday", "afternoon", "evening")),
    day_url(name="undo"),
    reverse("logs:undo_medication", args=[1]),
    reverse("reflections:week", args=[SUNDAY]),
    reverse("reflections:undo", args=[SUNDAY]),
}


class Body(io.BytesIO):
    """A stream that counts the bytes read in total, and at most at once."""

    read_bytes = largest_piece = 0

    def read(self, size=-1):
        found = super().read(size)
        self.read_bytes += len(found)
        self.largest_piece = max(self.largest_piece, len(found))
        return found

    def readline(self, size=-1):
        found = super().readline(size)
        self.read_bytes += len(found)
        return found


def send(client, path, size, content_type=URLENCODED, content=b"", **headers):
    """Announce a body of so many bytes, of which `content` is the beginning."""
    body = Body(content)
    sent = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": str(size), "wsgi.input": body} | headers
    return client.generic("POST", path, **sent), body


@pytest.fixture
def superuser():
    client = Client()
    client.force_login(make_person(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def nothing_parsed(monkeypatch):
    """Makes reading a form an error."""

    def fail(request):
        raise AssertionError("The body was parsed.")

    monkeypatch.setattr(WSGIRequest, "_load_post_and_files", fail)


@pytest.fixture(params=["visitor", "person"])
def with_token(request):
    """A client with the CSRF cookie: with it, the CSRF check reads the form."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if request.param == "person":
        browser.force_login(make_person())
    browser.get(reverse("accounts:reset_by_code"))
    assert settings.CSRF_COOKIE_NAME in browser.cookies
    return browser


def fail(request):
    raise RuntimeError("a fault of ours")


@pytest.mark.matrix
@pytest.mark.usefixtures("nothing_parsed")
@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART])
@pytest.mark.parametrize("size", [100, settings.MAX_VISITOR_BODY + 1, settings.MAX_LONG_TEXT_BODY + 1])
@pytest.mark.parametrize("status", [400, 404, 500])
def test_error_pages_do_not_parse_the_body(with_token, monkeypatch, status, size, content_type):
    """They are rendered without a limit of a view."""
    headers = {"HTTP_HOST": "elsewhere.example"} if status == 400 else {}
    if status == 500:
        monkeypatch.setattr("accounts.middleware.get_user", fail)

    response, body = send(with_token, "/nothing/", size, content_type, content=b"a" * size, **headers)

    assert response.status_code == status and body.read_bytes == 0


@pytest.mark.usefixtures("nothing_parsed")
@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART, "application/json", ""])
def test_a_body_that_is_too_large_is_discarded(client, superuser, subtests, content_type):
    for path in (address.path for address in [*ADDRESSES, *ADMIN]):
        for browser, most in (
            (client, settings.MAX_VISITOR_BODY),
            (superuser, settings.MAX_LONG_TEXT_BODY if path in LONG_TEXTS else settings.MAX_PERSON_BODY),
        ):
            with subtests.test(path, most=most):
                content = b"a" * (most + 1)

                response, body = send(browser, path, len(content), content_type, content)

                assert body.largest_piece <= CHUNK
                is_on_the_way_in = response.status_code == 302 and "/login/" in response.url
                assert response.status_code == 413 or is_on_the_way_in


@pytest.mark.usefixtures("nothing_parsed")
def test_a_huge_body_is_not_read(client, superuser):
    for browser in (client, superuser):
        response, body = send(browser, "/accounts/reset/", 16 * 1024 * 1024, content=b"a" * 100_000)

        assert response.status_code == 413 and body.read_bytes == 0


@pytest.mark.matrix
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/passkey/", "/accounts/signup/"])
@pytest.mark.parametrize("size", ["999999999999", "1" * 4_000])
def test_the_413_page_has_our_design(client, path, size):
    response, _body = send(client, path, size)

    page = response.content.decode()
    assert response.status_code == 413
    assert f"<h1>{HEADING}</h1>" in page and "go back one page" in page and "brainlog.css" in page


def test_a_body_within_the_limit_is_read(client):
    make_person(username="maria")
    form = f"username=maria&password={PASSWORD}&more=".encode()

    response, _body = send(
        client, "/accounts/login/", settings.MAX_VISITOR_BODY, content=form.ljust(settings.MAX_VISITOR_BODY, b"x")
    )

    assert response.status_code == 302 and SESSION_KEY in client.session


@pytest.mark.parametrize("cookie", [None, "x", "x" * 32, "ended"])
def test_an_invalid_session_cookie_does_not_raise_the_limit(client, cookie):
    if cookie == "ended":
        client.force_login(make_person())
        Session.objects.all().delete()
    elif cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie

    response, body = send(client, "/accounts/login/", settings.MAX_VISITOR_BODY + 1)

    assert response.status_code == 413 and body.largest_piece <= CHUNK


def test_an_anonymous_session_does_not_raise_the_limit(client):
    session = client.session
    session["half"] = "way"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

    assert send(client, "/accounts/login/code/", settings.MAX_VISITOR_BODY + 1)[0].status_code == 413


@pytest.mark.parametrize("path", sorted(LONG_TEXTS))
def test_a_long_text_with_an_expired_session_redirects_to_login(client, path):
    """It is offered afterwards: the browser has stored the draft."""
    response, body = send(client, path, settings.MAX_LONG_TEXT_BODY)

    assert response.url == f"/accounts/login/?next={path}"
    assert body.largest_piece <= CHUNK


@pytest.mark.parametrize("size", ["", "-1", "1e9", "0x10", "many", "９９９９９９９９９"])
def test_a_malformed_content_length_reads_nothing_beyond_the_limit(client, size):
    """Django reads as many bytes as the header states. Chunked bodies have no length."""
    body = b"username=" + b"a" * settings.MAX_VISITOR_BODY

    response, sent = send(client, "/accounts/login/", size, content=body, HTTP_TRANSFER_ENCODING="chunked")

    assert response.status_code == (400 if size else 200)
    assert sent.read_bytes == 0


def test_no_more_than_the_content_length_is_read(client):
    _response, sent = send(client, "/accounts/login/", 20, content=b"username=" + b"a" * 1_000_000)

    assert sent.read_bytes == 20


def test_multipart_fields_are_limited(client):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    content = part * (settings.MAX_VISITOR_BODY // len(part))

    response, _sent = send(client, "/accounts/login/", len(content), MULTIPART, content)

    assert response.status_code == 400


def test_a_form_with_two_megabytes_of_text_is_shown_again(client):
    person = make_person()
    client.force_login(person)
    book = "word " * 400_000

    response = client.post(check_in_url("evening"), {"gratitude": book})

    assert response.status_code == 200
    assert book.strip() in response.content.decode()
    assert not DailyLog.objects.exists()


def test_the_limits_are_in_order():
    assert settings.MAX_VISITOR_BODY < settings.MAX_PERSON_BODY < settings.MAX_LONG_TEXT_BODY
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == settings.MAX_LONG_TEXT_BODY
