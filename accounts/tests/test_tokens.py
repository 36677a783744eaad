"""Links with tokens: each works for one action of one person, and opening it is not the action.

Their expiry (time, use, a login) is tested in test_password_reset.py, test_email_address.py and test_registration.py.
"""

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.http import urlsafe_base64_encode
from pytest_django.asserts import assertContains

from accounts.emails import verified_email
from accounts.models import Invitation, User
from accounts.tests.codes import confirmation_token
from accounts.tests.factories import make_person

NEW = "quite-another-battery"

pytestmark = pytest.mark.django_db


def reset_link(person, token=None) -> str:
    identity = urlsafe_base64_encode(str(person.pk).encode())
    return reverse("accounts:reset_by_link", args=[identity, token or default_token_generator.make_token(person)])


def verify_link(token) -> str:
    return reverse("accounts:email_confirm", args=[token])


def form_of(client, link) -> str:
    """Open the link; the address of the form behind it."""
    response = client.get(link)
    return response.url if response.status_code == 302 else link


def choose(client, address):
    return client.post(address, {"new_password1": NEW, "new_password2": NEW})


def has_new_password(person) -> bool:
    return User.objects.get(pk=person.pk).check_password(NEW)


def assert_is_no_good(link):
    client = Client()
    assertContains(client.get(link, follow=True), "does not work any more")
    assertContains(choose(client, link), "does not work any more")


def a_new_password(maria):
    maria.set_password("a-third-battery-of-hers")
    maria.save()


def a_new_address(maria):
    maria.email = "new@example.org"
    maria.save()


@pytest.mark.parametrize("change", [a_new_password, a_new_address, User.delete], ids=lambda change: change.__name__)
def test_a_reset_link_ends_with_a_change_of_the_account(maria, change):
    link = reset_link(maria)

    change(maria)

    assert_is_no_good(link)


@pytest.mark.parametrize("change", [a_new_password, a_new_address, User.delete], ids=lambda change: change.__name__)
def test_an_open_reset_page_ends_with_a_change_of_the_account(maria, change):
    client = Client()
    page = form_of(client, reset_link(maria))

    change(maria)

    assertContains(choose(client, page), "does not work any more")


def test_of_two_open_reset_pages_one_succeeds(maria):
    link, first, second = reset_link(maria), Client(), Client()
    pages = [form_of(browser, link) for browser in (first, second)]
    assert choose(first, pages[0]).status_code == 302

    assertContains(choose(second, pages[1]), "does not work any more")
    assertContains(choose(first, pages[0]), "does not work any more")


def test_a_link_works_for_its_own_person_only(maria):
    eve, client = make_person(username="eve"), Client()

    assert_is_no_good(reset_link(maria, default_token_generator.make_token(eve)))

    page_of_maria = form_of(client, reset_link(eve)).replace(*(reset_link(each).split("/")[3] for each in (eve, maria)))
    assertContains(choose(client, page_of_maria), "does not work any more")
    assert not has_new_password(maria)


def test_no_token_is_accepted_for_another_purpose(maria):
    invitation = Invitation()
    of_invitation = invitation.make_token()
    invitation.save()
    of_reset, of_address = default_token_generator.make_token(maria), confirmation_token(maria)

    for token in (of_address, of_invitation):
        assert_is_no_good(reset_link(maria, token))
    for token in (of_reset, of_invitation):
        assertContains(Client().post(verify_link(token)), "does not work any more")
    for token in (of_reset, of_address):
        assert not Invitation.usable(token).exists()
    assert not has_new_password(maria) and not verified_email(maria)


@pytest.mark.parametrize(
    "link", [reset_link, lambda maria: verify_link(confirmation_token(maria))], ids=["reset", "verify"]
)
def test_opening_a_link_neither_uses_it_up_nor_changes_anything(maria, link):
    """Programs that look through mails open every link in them."""
    link, written = link(maria), []

    def watch(execute, sql, *rest):
        if not sql.startswith(("SELECT", "SAVEPOINT", "RELEASE")):
            written.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(watch):
        for _ in range(3):
            Client().get(link, follow=True)
            Client().head(link)
    # The link itself waits in the session, out of the address bar.
    assert all('"accounts_session"' in sql for sql in written), written

    client = Client()
    assert client.post(form_of(client, link), {"new_password1": NEW, "new_password2": NEW}).status_code == 302
    assert has_new_password(maria) or verified_email(maria)


def test_a_confirmation_link_does_not_work_for_another_person_with_that_address(maria):
    link = verify_link(confirmation_token(maria))
    a_new_address(maria)
    make_person(username="eve", email="maria@example.org")

    assertContains(Client().post(link), "does not work any more")
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize(
    "gone", [User.delete, lambda maria: User.objects.update(is_active=False)], ids=["gone", "on hold"]
)
def test_a_confirmation_link_ends_with_its_person(maria, gone):
    link = verify_link(confirmation_token(maria))

    gone(maria)

    assertContains(Client().post(link), "does not work any more")


def test_a_link_does_not_reactivate_a_person(maria):
    link = reset_link(maria)
    User.objects.update(is_active=False)
    client = Client()

    choose(client, form_of(client, link))

    client.post(reverse("accounts:login"), {"username": "maria", "password": NEW})
    assert "_auth_user_id" not in client.session
