import threading
from html import unescape

import pytest
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.forms import SignUpForm
from accounts.models import User
from accounts.tests.factories import PASSWORD, make_person
from accounts.zones import cities, find
from testing.people import Visitor, all_at_once

URL = reverse("accounts:signup")

pytestmark = [pytest.mark.django_db, pytest.mark.thorough_on_sqlite]


def typed(**changes):
    """What a browser sends for the sign-up form."""
    data = {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "timezone": "Europe/Berlin"}
    return data | changes


def errors(response) -> dict:
    return response.context["form"].errors


def test_the_page_works(client):
    response = client.get(URL)

    assertContains(response, "<h1>Sign up</h1>", html=True)
    assert User.objects.count() == 0


def test_a_name_and_a_password_are_enough(client):
    response = client.post(
        URL, {"username": "maria", "password1": PASSWORD, "password2": PASSWORD} | {"timezone": "UTC"}
    )

    assertRedirects(response, reverse("today"))
    person = User.objects.get()
    assert (person.username, person.email, person.timezone) == ("maria", "", "UTC")
    assert person.check_password(PASSWORD)


def test_a_new_person_is_logged_in_and_welcomed(client):
    response = client.post(URL, typed(), follow=True)

    assert response.context["user"] == User.objects.get()
    assertContains(response, "Welcome.")


def test_an_email_address_is_stored_if_given(client):
    client.post(URL, typed(email="maria@example.org"))

    assert User.objects.get().email == "maria@example.org"


def test_an_invalid_email_address_is_refused(client):
    response = client.post(URL, typed(email="maria@"))

    assert list(errors(response)) == ["email"]
    assert not User.objects.exists()


def test_no_time_zone_is_guessed(client):
    """The page's script fills it in. Without JavaScript, the days of a person elsewhere would follow another clock."""
    response = client.get(URL)

    assert response.context["form"]["timezone"].value() == ""
    assertContains(response, "data-browser-timezone")


def test_every_city_is_offered(client):
    page = client.get(URL).content.decode()

    offered = [unescape(line.split('"')[0]) for line in page.split('<option value="')[1:]]
    assert offered == [place.name for place in cities()]
    assert {"New York, New York", "Berlin", "Mumbai", "Chatham", "UTC"} <= set(offered)
    assert [name for name in offered if len(find(name)) != 1] == []


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "../../etc/passwd", "localtime", "Factory", "", "x" * 500])
def test_an_unknown_time_zone_is_refused_and_kept_on_the_page(client, zone):
    response = client.post(URL, typed(timezone=zone))

    assert list(errors(response)) == ["timezone"]
    assertContains(response, f'value="{zone}"' if zone else 'name="timezone"')
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("name", "again"),
    [
        ("maria", "maria"),
        ("maria", "MARIA"),
        ("Ünal", "ünal"),
        ("ünal", "ÜNAL"),
        ("straße", "STRASSE"),
        ("STRAẞE", "straße"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("Ｍａｒｉａ", "maria"),
        ("ﬁona", "FIONA"),
        ("u\u0308nal", "ünal"),
    ],
)
def test_a_name_is_taken_however_it_is_written(client, name, again):
    make_person(username=name)

    response = client.post(URL, typed(username=again))

    assert errors(response) == {"username": ["This name is taken. Please choose another."]}
    assert User.objects.count() == 1


def test_names_that_differ_are_not_taken(client):
    make_person(username="maria")

    client.post(URL, typed(username="mario"))

    assert set(User.objects.values_list("username", flat=True)) == {"maria", "mario"}


@pytest.mark.parametrize("name", ["  maria", "maria\t", " maria ", "\u00a0maria\u3000"])
def test_space_around_a_name_is_trimmed(client, name):
    client.post(URL, typed(username=name))

    assert User.objects.get().username == "maria"


@pytest.mark.parametrize(
    "name", ["", "   ", "ma ria", "a\u200bb", "maria\u202e", "<b>", "😀", "x" * 151, "ma\u0000ria"]
)
def test_an_invalid_name_is_refused(client, name):
    response = client.post(URL, typed(username=name))

    assert list(errors(response)) == ["username"]
    assert not User.objects.exists()


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("short", "password_too_short"),
        ("password123", "password_too_common"),
        ("8572649103", "guessable_number"),
        ("maria-louise", "password_too_similar"),
    ],
)
def test_a_weak_password_is_refused(client, password, code):
    response = client.post(URL, typed(username="maria-louise", password1=password, password2=password))

    assert [error.code for error in errors(response).as_data()["password2"]] == [code]
    assert not User.objects.exists()


def test_two_different_passwords_are_refused(client):
    response = client.post(URL, typed(password2="something-else-entirely"))

    assert list(errors(response)) == ["password2"]


def test_what_was_typed_is_kept_and_the_passwords_are_not_sent_back(client):
    response = client.post(URL, typed(password1="short", password2="short", email="maria@example.org"))

    for text in ("maria", "maria@example.org", "Europe/Berlin"):
        assertContains(response, f'value="{text}"')
    assert "short" not in response.content.decode().replace("too short", "")


def test_an_empty_form_gets_errors(client):
    response = client.post(URL)

    assert {"username", "password1", "password2", "timezone"} == set(errors(response))


@pytest.mark.matrix
@pytest.mark.parametrize("field", ["username", "password1", "password2", "email", "timezone"])
@pytest.mark.parametrize("junk", ["\0", "a\0b", "x" * 60_000], ids=["NUL", "NUL within", "60 kB"])
def test_junk_is_refused(client, field, junk):
    response = client.post(URL, typed(**{field: junk}))

    assert response.status_code == 200
    assert errors(response)
    assert not User.objects.exists()


@pytest.mark.parametrize("field", ["username", "email", "timezone"])
def test_half_characters_are_refused(field):
    form = SignUpForm(typed(**{field: "maria\ud800"}))

    assert list(form.errors) == [field]


def test_half_characters_of_a_broken_browser_are_refused(client):
    body = b"username=%ED%A0%80maria&password1=correct-horse-1&password2=correct-horse-1&timezone=UTC"

    response = client.post(URL, body, "application/x-www-form-urlencoded")

    assert list(errors(response)) == ["username"]
    assert not User.objects.exists()


@pytest.mark.parametrize("name", ["is_staff", "is_superuser", "is_active", "groups", "user_permissions", "id"])
def test_signing_up_cannot_set_rights(client, name):
    client.post(URL, typed(**{name: "1"}))

    person = User.objects.get()
    assert (person.is_staff, person.is_superuser, person.is_active) == (False, False, True)
    assert not person.groups.exists() and not person.user_permissions.exists()


def test_a_logged_in_person_is_sent_on(as_person):
    assertRedirects(as_person.get(URL), reverse("today"))
    assertRedirects(as_person.post(URL, typed()), reverse("today"))
    assert User.objects.count() == 1


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_refused(client, method):
    assert getattr(client, method)(URL).status_code == 405


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [("maria", "maria"), ("Ünal", "ünal")])
def test_of_two_parallel_sign_ups_with_one_name_one_succeeds(live_server, monkeypatch, names):
    """Both forms find the name free before either person is stored."""
    both_checked = threading.Barrier(2, timeout=20)
    save = SignUpForm.save

    def save_together(self, commit=True):
        both_checked.wait()
        return save(self, commit)

    monkeypatch.setattr(SignUpForm, "save", save_together)
    visitors = [Visitor(live_server.url), Visitor(live_server.url)]

    results = all_at_once(
        *(
            lambda visitor=visitor, name=name: visitor.post(URL, typed(username=name))
            for visitor, name in zip(visitors, names, strict=True)
        )
    )

    assert [status for status, _, _ in results] == [200, 200]
    arrived = sorted(address.removeprefix(live_server.url) for _, address, _ in results)
    assert arrived == ["/", URL]
    refused = next(page for _, address, page in results if address.endswith(URL))
    assert "This name is taken. Please choose another." in refused
    assert User.objects.count() == 1
    assert not both_checked.broken
