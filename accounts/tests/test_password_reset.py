"""Password resets by mail and by recovery code. None reveals who has an account or bypasses a second factor."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertNotContains, assertRedirects

from accounts import rate_limits
from accounts.models import User
from accounts.tests.codes import code_of, switch_on
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.links import NEW, can_log_in, choose_password, link_in, make_reset_link
from testing.people import all_at_once

RESET, BY_CODE, LOGIN = (reverse(f"accounts:{name}") for name in ("reset", "reset_by_code", "login"))
ADDRESS = "maria@example.org"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mail_server"), pytest.mark.thorough_on_sqlite]


@pytest.fixture
def maria(maria):
    EmailAddress.objects.create(user=maria, email=ADDRESS, verified=True, primary=True)
    return maria


def test_a_mailed_link_resets_the_password(client, maria):
    assertRedirects(client.post(RESET, {"email": ADDRESS.upper()}), LOGIN)
    [message] = mail.outbox
    assert message.to == [ADDRESS] and "Your username is maria." in message.body

    assertRedirects(choose_password(Client(), link_in(message)), LOGIN)

    assert can_log_in("maria", NEW) and not can_log_in("maria", PASSWORD)


def test_a_reset_ends_all_sessions(client, maria):
    client.force_login(maria)
    choose_password(Client(), make_reset_link(maria))

    assert client.get(reverse("accounts:profile")).status_code == 302
    assert maria.sessions.count() == 0


def test_a_reset_link_works_once(client, maria):
    link = make_reset_link(maria)
    choose_password(client, link)

    assertContains(Client().get(link), "does not work any more")


@pytest.mark.parametrize("way", ["link", "code"])
def test_a_reset_in_a_browser_that_is_logged_in_logs_it_out(person, as_person, way):
    """The session of the request ends with the others, and is not saved at the end of the request."""
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": PASSWORD})
    if way == "link":
        person.refresh_from_db()
        response = choose_password(client, make_reset_link(person))
    else:
        codes = switch_on(as_person)[1]
        response = client.post(BY_CODE, sent(person.username, codes[0]))

    assertRedirects(response, LOGIN, fetch_redirect_response=False)
    assertContains(client.get(LOGIN), "Your password is changed")
    assert User.objects.get(pk=person.pk).check_password(NEW)


def test_a_reset_link_ends_with_the_next_login(client, maria, noon):
    link = make_reset_link(maria)
    noon.shift(60)
    assert can_log_in("maria", PASSWORD)

    assertContains(Client().get(link), "does not work any more")


def test_a_reset_link_expires_after_a_day(client, maria, noon):
    link = make_reset_link(maria)
    noon.shift(24 * 60 * 60 + 2)

    assertContains(Client().get(link), "does not work any more")


def test_the_reset_token_does_not_stay_in_the_address_bar(client, maria):
    response = client.get(make_reset_link(maria))

    assert response.status_code == 302 and response.url.endswith("/set-password/")


def test_a_weak_password_is_refused_by_link(client, maria):
    response = choose_password(client, make_reset_link(maria), "password123")

    assert list(response.context["form"].errors) == ["new_password2"]


def test_an_unconfirmed_address_gets_no_link(client):
    """It may belong to another person, by a typing error."""
    make_person(email=ADDRESS)

    client.post(RESET, {"email": ADDRESS})

    assert "/reset/" not in mail.outbox[0].body


@pytest.mark.parametrize("hold", [True, False])
def test_neither_page_nor_statements_reveal_whether_an_address_is_known(client, maria, hold):
    User.objects.update(is_active=not hold)
    known, unknown = (client.post(RESET, {"email": email}, follow=True) for email in (ADDRESS, "x@example.org"))

    assert known.redirect_chain == unknown.redirect_chain
    assert [str(message) for message in known.context["messages"]] == [
        str(message) for message in unknown.context["messages"]
    ]
    assert [message.to for message in mail.outbox] == [[ADDRESS], ["x@example.org"]]


def test_mails_to_one_address_are_limited(maria):
    attempts = rate_limits.MAIL.attempts
    found = [
        Client(REMOTE_ADDR=f"10.0.0.{number}").post(RESET, {"email": ADDRESS}).status_code
        for number in range(attempts + 1)
    ]

    assert found == [302] * attempts + [429] and len(mail.outbox) == attempts


def test_mails_from_one_client_address_are_limited(client):
    attempts = rate_limits.MAIL_BY_ADDRESS.attempts
    found = [client.post(RESET, {"email": f"{n}@example.org"}).status_code for n in range(attempts + 1)]

    assert found == [302] * attempts + [429]


def test_without_a_mail_server_the_pages_say_so(client, settings):
    settings.HAS_EMAIL = False

    assertContains(client.get(RESET), "This server sends no mail.")
    assertNotContains(client.get(RESET), 'name="email"')
    assertContains(client.post(RESET, {"email": ADDRESS}), "This server sends no mail.")
    assert not mail.outbox


def sent(username, code, password=NEW) -> dict:
    return {"username": username, "code": code, "new_password1": password, "new_password2": password}


def test_a_recovery_code_resets_the_password_once(person, protected, client):
    code = protected[1][0]

    assertRedirects(Client().post(BY_CODE, sent(person.username.upper(), code)), LOGIN)

    person.refresh_from_db()
    assert person.check_password(NEW) and person.sessions.count() == 0
    assert Client().post(BY_CODE, sent(person.username, code, "a-third-battery")).status_code == 200


@pytest.mark.parametrize("way", ["code", "link"])
def test_a_reset_does_not_bypass_the_second_factor(person, protected, way, noon):
    if way == "code":
        Client().post(BY_CODE, sent(person.username, protected[1][0]))
    else:
        choose_password(Client(), make_reset_link(person))
    client = Client()
    response = client.post(LOGIN, {"username": person.username, "password": NEW})

    assertRedirects(response, reverse("accounts:code"))
    assert "_auth_user_id" not in client.session
    assert client.post(reverse("accounts:code"), {"code": code_of(protected[0])}).status_code == 302


@pytest.mark.parametrize("number", range(1, 10))
def test_one_list_of_codes_cannot_both_reset_the_password_and_pass_the_second_factor(person, protected, number):
    Client().post(BY_CODE, sent(person.username, protected[1][0]))
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": NEW})

    client.post(reverse("accounts:code"), {"code": protected[1][number]})

    assert "_auth_user_id" not in client.session
    again = Client().post(BY_CODE, sent(person.username, protected[1][number], "a-third-battery"))
    assert again.status_code == 200


def test_after_a_reset_by_code_the_app_works_and_new_codes_are_suggested(person, protected):
    Client().post(BY_CODE, sent(person.username, protected[1][0]))
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": NEW})

    page = client.post(reverse("accounts:code"), {"code": code_of(protected[0])}, follow=True)

    assertContains(page, "All your recovery codes are used.")
    assertContains(client.get(reverse("accounts:second_factor")), "All of them are used")


def test_a_reset_by_link_keeps_the_recovery_codes(person, protected):
    choose_password(Client(), make_reset_link(person))
    client = Client()
    client.post(LOGIN, {"username": person.username, "password": NEW})

    client.post(reverse("accounts:code"), {"code": protected[1][0]})

    assert "_auth_user_id" in client.session


@pytest.mark.django_db(transaction=True)
def test_a_reset_and_a_login_by_codes_of_one_list_at_the_same_time(person, protected):
    """The list is used up before the new password is valid."""
    client, codes = Client(), protected[1]

    def log_in_by_code():
        client.post(LOGIN, {"username": person.username, "password": NEW})
        client.post(reverse("accounts:code"), {"code": codes[1]})

    all_at_once(lambda: Client().post(BY_CODE, sent(person.username, codes[0])), *[log_in_by_code] * 2)
    log_in_by_code()

    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("name", ["protected", "unprotected", "unknown", "on-hold"])
def test_every_refusal_of_a_code_looks_the_same(person, protected, name, hashings):
    make_person(username="unprotected")
    make_person(username="on-hold", is_active=False)
    hashings.clear()

    response = Client().post(BY_CODE, sent(name if name != "protected" else person.username, "00000000"))

    assert response.context["form"].non_field_errors() == ["This name and code do not go together. Please check both."]
    assert len(hashings) == 1


def test_a_weak_password_does_not_use_a_code_up(person, protected):
    assert Client().post(BY_CODE, sent(person.username, protected[1][0], "short")).status_code == 200
    assert Client().post(BY_CODE, sent(person.username, protected[1][0])).status_code == 302


def test_guesses_at_recovery_codes_are_limited(person, protected):
    attempts = rate_limits.SIGN_IN_BY_NAME.attempts
    found = [Client().post(BY_CODE, sent(person.username, f"{n:08}")).status_code for n in range(attempts + 1)]

    assert found == [200] * attempts + [429]


def test_an_empty_form_gets_errors(client):
    assert set(client.post(BY_CODE).context["form"].errors) == {"username", "code", "new_password1", "new_password2"}


@pytest.mark.matrix
@pytest.mark.parametrize("field", ["username", "code"])
@pytest.mark.parametrize("junk", ["a\0b", "\u202e😀", "x" * 60_000])
def test_junk_is_refused(client, field, junk):
    assert client.post(BY_CODE, sent("maria", "12345678") | {field: junk}).context["form"].errors
