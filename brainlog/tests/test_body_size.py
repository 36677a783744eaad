"""What a request may carry: refused by its size alone, before a byte of it is read."""

import io

import pytest
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.handlers.wsgi import WSGIRequest
from django.test import Client
from django.urls import reverse

from accounts.models import Session
from accounts.tests.factories import PASSWORD, make_person
from brainlog.body_size import PIECE
from brainlog.tests.addresses import ADDRESSES, ADMIN, SUNDAY
from logs.models import DailyLog
from logs.tests.pages import check_in_url, day_url

pytestmark = [pytest.mark.once, pytest.mark.django_db]

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=x"
HEADING = "That is too much at once"
LONG_TEXTS = {
    *(check_in_url(stage) for stage in ("morning", "medication", "midday", "afternoon", "evening")),
    day_url(name="restore"),
    reverse("reflections:week", args=[SUNDAY]),
}


class Body(io.BytesIO):
    """Counts what is read of it, and the most that is asked for at once."""

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
    """Forms are not read: whatever asks for one fails."""

    def fail(request):
        raise AssertionError("The body was parsed.")

    monkeypatch.setattr(WSGIRequest, "_load_post_and_files", fail)


@pytest.fixture(params=["visitor", "person"])
def with_token(request):
    """A browser with the cookie that forms are checked by: that check reads the form."""
    browser = Client(enforce_csrf_checks=True, raise_request_exception=False)
    if request.param == "person":
        browser.force_login(make_person())
    browser.get(reverse("accounts:reset_by_code"))
    assert settings.CSRF_COOKIE_NAME in browser.cookies
    return browser


def fail(request):
    raise RuntimeError("a fault of ours")


@pytest.mark.usefixtures("nothing_parsed")
@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART])
@pytest.mark.parametrize("size", [100, settings.BODY_OF_VISITOR + 1, settings.BODY_OF_LONG_TEXTS + 1])
@pytest.mark.parametrize("status", [400, 404, 500])
def test_the_page_of_an_error_reads_no_form(with_token, monkeypatch, status, size, content_type):
    """They are drawn where no view has said how much it takes."""
    headers = {"HTTP_HOST": "elsewhere.example"} if status == 400 else {}
    if status == 500:
        monkeypatch.setattr("accounts.middleware.get_user", fail)

    response, body = send(with_token, "/nothing/", size, content_type, content=b"a" * size, **headers)

    assert response.status_code == status and body.read_bytes == 0


@pytest.mark.usefixtures("nothing_parsed")
@pytest.mark.parametrize("content_type", [URLENCODED, MULTIPART, "application/json", ""])
@pytest.mark.parametrize("address", [*ADDRESSES, *ADMIN], ids=lambda address: address.path)
def test_nothing_of_a_large_body_is_kept(client, superuser, address, content_type):
    for browser, most in (
        (client, settings.BODY_OF_VISITOR),
        (superuser, settings.BODY_OF_LONG_TEXTS if address.path in LONG_TEXTS else settings.BODY_OF_PERSON),
    ):
        content = b"a" * (most + 1)

        response, body = send(browser, address.path, len(content), content_type, content)

        assert body.largest_piece <= PIECE
        is_on_the_way_in = response.status_code == 302 and "/login/" in response.url
        assert response.status_code == 413 or is_on_the_way_in


@pytest.mark.usefixtures("nothing_parsed")
def test_what_no_person_typed_is_not_read_at_all(client, superuser):
    for browser in (client, superuser):
        response, body = send(browser, "/accounts/reset/", 16 * 1024 * 1024, content=b"a" * 100_000)

        assert response.status_code == 413 and body.read_bytes == 0


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/passkey/", "/accounts/signup/"])
@pytest.mark.parametrize("size", ["999999999999", "1" * 4_000])
def test_the_page_says_so_in_our_design(client, path, size):
    response, _body = send(client, path, size)

    page = response.content.decode()
    assert response.status_code == 413
    assert f"<h1>{HEADING}</h1>" in page and "go back one page" in page and "brainlog.css" in page


def test_what_is_no_larger_is_read(client):
    make_person(username="maria")
    form = f"username=maria&password={PASSWORD}&more=".encode()

    response, _body = send(
        client, "/accounts/login/", settings.BODY_OF_VISITOR, content=form.ljust(settings.BODY_OF_VISITOR, b"x")
    )

    assert response.status_code == 302 and SESSION_KEY in client.session


@pytest.mark.parametrize("cookie", [None, "x", "x" * 32, "ended"])
def test_a_cookie_that_is_no_session_makes_no_difference(client, cookie):
    if cookie == "ended":
        client.force_login(make_person())
        Session.objects.all().delete()
    elif cookie:
        client.cookies[settings.SESSION_COOKIE_NAME] = cookie

    response, body = send(client, "/accounts/login/", settings.BODY_OF_VISITOR + 1)

    assert response.status_code == 413 and body.largest_piece <= PIECE


def test_a_session_that_is_not_logged_in_makes_no_difference(client):
    session = client.session
    session["half"] = "way"
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key

    assert send(client, "/accounts/login/code/", settings.BODY_OF_VISITOR + 1)[0].status_code == 413


@pytest.mark.parametrize("path", sorted(LONG_TEXTS))
def test_a_long_text_leads_to_the_login_once_the_session_has_ended(client, path):
    """And is offered after it: the browser has kept it."""
    response, body = send(client, path, settings.BODY_OF_LONG_TEXTS)

    assert response.url == f"/accounts/login/?next={path}"
    assert body.largest_piece <= PIECE


@pytest.mark.parametrize("size", ["", "-1", "1e9", "0x10", "many", "９９９９９９９９９"])
def test_a_length_that_is_none_lets_nothing_be_read_beyond_the_limit(client, size):
    """Django reads as much as the header says. In pieces (chunked), there is none."""
    body = b"username=" + b"a" * settings.BODY_OF_VISITOR

    response, sent = send(client, "/accounts/login/", size, content=body, HTTP_TRANSFER_ENCODING="chunked")

    assert response.status_code == (400 if size else 200)
    assert sent.read_bytes == 0


def test_a_length_that_is_too_small_is_all_that_is_read(client):
    _response, sent = send(client, "/accounts/login/", 20, content=b"username=" + b"a" * 1_000_000)

    assert sent.read_bytes == 20


def test_many_parts_are_read_up_to_the_limit(client):
    part = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n'
    content = part * (settings.BODY_OF_VISITOR // len(part))

    response, _sent = send(client, "/accounts/login/", len(content), MULTIPART, content)

    assert response.status_code == 400


def test_two_megabytes_of_a_persons_own_text_are_shown_again(client):
    person = make_person()
    client.force_login(person)
    book = "word " * 400_000

    response = client.post(check_in_url("evening"), {"gratitude": book})

    assert response.status_code == 200
    assert book.strip() in response.content.decode()
    assert not DailyLog.objects.exists()


def test_the_limits_are_in_order():
    assert settings.BODY_OF_VISITOR < settings.BODY_OF_PERSON < settings.BODY_OF_LONG_TEXTS
    assert settings.DATA_UPLOAD_MAX_MEMORY_SIZE == settings.BODY_OF_LONG_TEXTS
