"""Links in mails lead to this server and to no other port of its host, whatever a request says."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.password_reset import reset_link
from accounts.tests.factories import make_person
from brainlog.origin import trusted_origin

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.HAS_EMAIL = True


def request_to(rf, host: str, **facts):
    return rf.get("/", headers={"Host": host}, **facts)


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("testserver", "80", "http://testserver"),
        ("testserver:4444", "80", "http://testserver"),
        ("testserver:8000", "8000", "http://testserver:8000"),
        ("127.0.0.1:4444", "8000", "http://127.0.0.1"),
    ],
)
def test_a_port_is_kept_where_the_server_listens_there(rf, host, port, expected):
    assert trusted_origin(request_to(rf, host, SERVER_PORT=port)) == expected


def test_behind_a_proxy_the_port_that_we_listen_on_is_not_the_one_people_use(rf, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    request = request_to(rf, "testserver:8000", SERVER_PORT="8000", HTTP_X_FORWARDED_PROTO="https")

    assert trusted_origin(request) == "https://testserver"


def test_a_port_is_kept_where_the_operator_has_named_it(rf, settings):
    settings.CSRF_TRUSTED_ORIGINS = ["http://testserver:8443"]

    assert trusted_origin(request_to(rf, "testserver:8443")) == "http://testserver:8443"
    assert trusted_origin(request_to(rf, "testserver:8444")) == "http://testserver"


def test_the_operators_word_is_final(rf, settings):
    settings.SITE_URL = "https://log.example.org:8443"

    assert trusted_origin(request_to(rf, "testserver:4444")) == trusted_origin() == "https://log.example.org:8443"


def test_a_command_names_the_first_host(settings):
    assert trusted_origin() == "http://testserver"
    settings.HTTPS = True
    assert trusted_origin() == "https://testserver"


@pytest.mark.parametrize("way", ["reset", "signup", "email"])
def test_no_mail_has_another_port(client, way):
    """In its links or its words."""
    maria = make_person(username="maria", email="maria@example.org")
    maria.emailaddress_set.create(email="maria@example.org", verified=True, primary=True)
    form = {"email": "maria@example.org"}
    if way == "signup":
        form |= {"username": "eve", "password1": "quite-another-battery", "password2": "quite-another-battery"}
        form |= {"timezone": "UTC", "email": "eve@example.org"}
    if way == "email":
        client.force_login(maria)
        client.post(reverse("accounts:confirm"), {"password": "correct-horse-battery"})
        form = {"email": "new@example.org"}

    client.post(reverse(f"accounts:{way}"), form, headers={"Host": "testserver:4444"})

    assert mail.outbox
    text = " ".join(message.body for message in mail.outbox)
    assert "4444" not in text
    assert set(re.findall(r"http://[^/\s]+", text)) == {"http://testserver"}


def test_nor_has_a_link_of_an_administrator(rf):
    link = reset_link(request_to(rf, "testserver:4444"), make_person())

    assert link.startswith("http://testserver/accounts/reset/")
