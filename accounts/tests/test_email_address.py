"""Changing, removing and confirming the e-mail address."""

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.urls import reverse
from pytest_django.asserts import assertContains, assertRedirects

from accounts.emails import verified_email
from accounts.models import User
from accounts.tests.codes import confirm_by_password, confirmation_token
from accounts.tests.factories import PASSWORD, make_person
from accounts.tests.links import NEW, link_in

EMAIL, RESET, LOGIN = (reverse(f"accounts:{name}") for name in ("email", "reset", "login"))
ADDRESS = "maria@example.org"

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("noon", "mail_server"), pytest.mark.thorough_on_sqlite]


@pytest.fixture
def maria(maria):
    EmailAddress.objects.create(user=maria, email=ADDRESS, verified=True, primary=True)
    return maria


def change_password(person) -> int:
    client = Client()
    client.force_login(person)
    passwords = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}
    return client.post(reverse("accounts:security"), passwords).status_code


def test_an_address_is_confirmed_by_the_link_in_the_mail(as_person, person):
    confirm_by_password(as_person)
    as_person.post(EMAIL, {"email": ADDRESS})
    [message] = mail.outbox
    assert message.to == [ADDRESS] and verified_email(person) == ""

    visitor = Client()  # on another device
    assertContains(visitor.get(link_in(message)), "It is mine")
    assert verified_email(person) == ""
    visitor.post(link_in(message))

    assert verified_email(person) == ADDRESS
    assert "_auth_user_id" not in visitor.session
    assertContains(visitor.get(link_in(message)), "does not work any more")


def test_changing_the_address_requires_reauthentication(as_person):
    assertRedirects(as_person.get(EMAIL), f"{reverse('accounts:confirm')}?next={EMAIL}")
    as_person.post(EMAIL, {"email": "thief@example.org"})
    assert not mail.outbox


def test_signing_up_with_an_address_sends_the_mail(client):
    data = {"username": "maria", "password1": PASSWORD, "password2": PASSWORD, "timezone": "UTC", "email": ADDRESS}
    client.post(reverse("accounts:signup"), data)

    client.post(link_in(mail.outbox[0]))

    assert verified_email(User.objects.get()) == ADDRESS


def test_a_link_for_a_replaced_address_confirms_nothing(client, person):
    person.email = ADDRESS
    token = confirmation_token(person)
    User.objects.filter(pk=person.pk).update(email="new@example.org")

    assertContains(client.post(reverse("accounts:email_confirm", args=[token])), "does not work any more")
    assert not EmailAddress.objects.exists()


@pytest.mark.parametrize("wait", [3 * 24 * 60 * 60 + 2])
def test_a_confirmation_link_expires_after_three_days(client, maria, noon, wait):
    EmailAddress.objects.all().delete()
    link = reverse("accounts:email_confirm", args=[confirmation_token(maria)])
    noon.shift(wait)

    assertContains(client.post(link), "does not work any more")


@pytest.mark.parametrize("token", ["x", "a:b:c", "é", "x" * 3000])
def test_a_forged_link_confirms_nothing(client, maria, token):
    assertContains(client.post(reverse("accounts:email_confirm", args=[token])), "does not work any more")


def test_a_confirmed_address_of_another_person_is_not_taken_over(client, maria):
    other = make_person(email=ADDRESS)

    response = client.post(reverse("accounts:email_confirm", args=[confirmation_token(other)]), follow=True)

    assertContains(response, "belongs to another account")
    assert EmailAddress.objects.get().user == maria


def test_the_old_address_stays_valid_until_the_new_one_is_confirmed(client, maria):
    client.force_login(maria)
    confirm_by_password(client)
    client.post(EMAIL, {"email": "new@example.org"})
    assert verified_email(maria) == ADDRESS

    client.post(link_in(mail.outbox[-1]))
    assert verified_email(maria) == "new@example.org"


def test_an_address_can_be_removed(client, maria):
    client.force_login(maria)
    confirm_by_password(client)

    client.post(EMAIL, {"email": ""})

    assert verified_email(maria) == User.objects.get().email == ""


def test_a_failing_mail_server_is_reported_to_the_person(as_person, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    confirm_by_password(as_person)

    assertContains(as_person.post(EMAIL, {"email": ADDRESS}, follow=True), "could not be sent just now")
    assert ADDRESS not in caplog.text


@pytest.mark.matrix
@pytest.mark.parametrize("way", ["reset", "email", "signup"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r", "%0a", "\u2028"], ids=repr)
def test_line_breaks_in_an_address_are_refused(client, maria, way, end):
    """They would start another header, or another mail."""
    if way == "email":
        client.force_login(maria)
        confirm_by_password(client)
    typed = {"username": "eve", "password1": NEW, "password2": NEW, "timezone": "UTC"} if way == "signup" else {}

    response = client.post(
        reverse(f"accounts:{way}"), typed | {"email": f"{ADDRESS}{end}Bcc: eve@evil.example{end}{end}Hello"}
    )

    assert list(response.context["form"].errors) == ["email"]
    assert mail.outbox == []


@pytest.mark.matrix
@pytest.mark.parametrize("way", ["reset", "email", "signup"])
@pytest.mark.parametrize(
    "address",
    [
        "maria@" + "\xfc" * 60 + ".example",  # too long in ASCII
        "maria@xn--\xfc.example",  # half of it is in ASCII
        "maria@\N{SOFT HYPHEN}.example",  # nothing is left
        "maria@\N{IDEOGRAPHIC FULL STOP}.example",  # nothing between two dots
        "maria@\N{ARABIC LETTER ALEF}1b.example",  # of two directions
        "maria@\N{ARABIC LIGATURE SALLALLAHOU ALAYHE WASALLAM}.example",  # with spaces
        "\N{KELVIN SIGN}ate@example.org",  # becomes a k in small letters
        "vi\N{LATIN SMALL LETTER LONG S}itor@example.org",
    ],
    ids=ascii,
)
def test_an_unmailable_address_is_refused(client, maria, way, address):
    if way == "email":
        client.force_login(maria)
        confirm_by_password(client)
    typed = {"username": "eve", "password1": NEW, "password2": NEW, "timezone": "UTC"} if way == "signup" else {}

    response = client.post(reverse(f"accounts:{way}"), typed | {"email": address})

    assert list(response.context["form"].errors) == ["email"]
    assert mail.outbox == [] and User.objects.count() == 1


def test_a_stored_unmailable_address_causes_no_error(maria):
    EmailAddress.objects.update(email="maria@\N{SOFT HYPHEN}.example")

    assert change_password(maria) == 302 and mail.outbox == []


def test_a_domain_in_other_scripts_gets_its_mail(client):
    assertRedirects(client.post(RESET, {"email": "maria@b\xfccher.example"}), LOGIN)
    assert len(mail.outbox) == 1
