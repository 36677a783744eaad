from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import reverse
from hypothesis import HealthCheck, example, given, settings as hypothesis_settings, strategies as st
from pytest_django.asserts import assertContains, assertRedirects

from accounts.tests.factories import PASSWORD, make_person

URL = reverse("accounts:login")

pytestmark = pytest.mark.django_db


def log_in(client, username="maria", password=PASSWORD, **more):
    return client.post(URL, {"username": username, "password": password} | more)


def test_the_page_works(client):
    assertContains(client.get(URL), "<h1>Log in</h1>", html=True)


@pytest.mark.parametrize(
    "spelling", ["Maria", "maria", "MARIA", "  maria ", "ｍａｒｉａ", "maria\u200e", "\u200bmaria "]
)
def test_the_username_may_have_any_capitalisation(client, maria, spelling):
    response = log_in(client, spelling)

    assertRedirects(response, reverse("today"))
    assert client.session["_auth_user_id"] == str(maria.pk)


@pytest.mark.parametrize(("name", "spelling"), [("Ünal", "ünal"), ("ünal", "ÜNAL"), ("STRAẞE", "strasse")])
def test_the_username_may_have_any_capitalisation_beyond_ascii(client, name, spelling):
    person = make_person(username=name)

    log_in(client, spelling)

    assert client.session["_auth_user_id"] == str(person.pk)


def test_a_wrong_password_does_not_reveal_whether_the_name_exists(client, maria):
    wrong_password = log_in(client, "maria", "not-my-password")
    unknown_name = log_in(client, "mario", "not-my-password")

    said = [str(response.context["form"].errors) for response in (wrong_password, unknown_name)]
    assert said[0] == said[1]
    assert "_auth_user_id" not in client.session


def test_a_deactivated_person_sees_the_same_error_as_a_stranger(client):
    make_person(username="maria", is_active=False)

    on_hold, unknown = log_in(client, "maria"), log_in(client, "mario")

    assert on_hold.context["form"].errors == unknown.context["form"].errors
    assert "_auth_user_id" not in client.session


def test_the_name_typed_is_kept_and_the_password_is_not_sent_back(client):
    response = log_in(client, "mario", "not-my-password")

    assertContains(response, 'value="mario"')
    assert "not-my-password" not in response.content.decode()


def test_an_empty_form_gets_errors(client):
    response = client.post(URL)

    assert set(response.context["form"].errors) == {"username", "password"}


@pytest.mark.matrix
@pytest.mark.parametrize("field", ["username", "password"])
@pytest.mark.parametrize("junk", ["a\0b", "\u202e😀", "x" * 60_000], ids=["NUL", "strange", "60 kB"])
def test_junk_is_refused(client, maria, field, junk):
    response = log_in(client, **{field: junk})

    assert response.status_code == 200
    assert response.context["form"].errors


def test_the_password_is_taken_as_typed(client):
    make_person(username="maria", password="  spaces-count  ")

    assert log_in(client, "maria", "spaces-count").status_code == 200
    assert log_in(client, "maria", "  spaces-count  ").status_code == 302


def test_a_login_leads_back_to_the_requested_page(client, maria):
    came_to = client.get(reverse("reflections:list"))
    assertRedirects(came_to, f"{URL}?next=/reflections/")
    page = client.get(came_to.url)
    assertContains(page, '<input type="hidden" name="next" value="/reflections/">', html=True)

    assertRedirects(log_in(client, next="/reflections/"), "/reflections/")


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example",
    "http:///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "https://testserver@evil.example/",
    "https://testserver.evil.example/",
    "\x01//evil.example",
    "ftp://testserver/",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_login_never_redirects_to_another_host(client, maria, address):
    page = client.get(URL, {"next": address})
    assert page.context["next"] == ""

    assertRedirects(log_in(client, next=address), reverse("today"))
    assertRedirects(client.get(URL, {"next": address}), reverse("today"))


@given(address=st.text(max_size=60) | st.text("/\\:@?#.%\t\r\nae", max_size=12))
@example("/\r\nSet-Cookie: a=b")
@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
def test_no_next_address_leads_elsewhere_or_to_an_error(client, person, address):
    client.force_login(person)

    response = client.get(URL, {"next": address.encode(errors="replace")})

    assert response.status_code == 302
    assert urlsplit(urljoin("http://testserver/accounts/login/", response.url)).netloc == "testserver"


def test_a_logged_in_person_is_sent_on(as_person):
    assertRedirects(as_person.get(URL), reverse("today"))
    assertRedirects(as_person.get(URL, {"next": "/reflections/"}), "/reflections/")


def test_a_logged_in_person_is_not_redirected_in_a_loop(as_person):
    assertRedirects(as_person.get(URL, {"next": URL}), reverse("today"))


def test_logging_in_to_go_to_the_login_page_ends_on_today(client, maria):
    assertRedirects(log_in(client, next=URL), reverse("today"))


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(client, maria):
    cookie = log_in(client).cookies["sessionid"]

    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"
    assert cookie["max-age"] == 365 * 24 * 60 * 60


def test_the_cookies_travel_over_https_only_where_there_is_https(client, maria, settings):
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get(URL)

    cookies = log_in(client).cookies

    assert cookies["sessionid"]["secure"] is True
    assert cookies["csrftoken"]["secure"] is True


def test_a_session_from_before_the_login_is_not_taken_over(client, maria):
    session = client.session
    session["note"] = "set before"
    session.save()
    key_before = session.session_key

    log_in(client)

    assert client.session.session_key != key_before


def test_the_page_is_kept_out_of_caches(client):
    assert "no-store" in client.get(URL)["Cache-Control"]


def test_delete_is_refused(client):
    assert client.delete(URL).status_code == 405
